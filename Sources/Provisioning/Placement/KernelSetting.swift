import FleetRuntime
import Glibc

/// A file below /sys that takes a value.
public enum KernelSetting {
    public static func write(_ path: String, _ value: String) throws {
        let descriptor = open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError("open", path) }
        defer { close(descriptor) }
        try DurableFile.write(Array(value.utf8)[...], to: descriptor, path: path)
    }
}

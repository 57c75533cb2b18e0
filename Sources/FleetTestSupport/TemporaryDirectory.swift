import FleetRuntime
import FoundationEssentials
import Glibc

/// A directory for one test, removed when the value goes.
public final class TemporaryDirectory: Sendable {
    public let path: String

    /// - Parameter parent: /dev/shm for thousands of small files, which are kept in memory there.
    public init(below parent: String = "/tmp") throws {
        var template = Array("\(parent)/vf-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw CocoaError(.fileWriteUnknown) }
        path = String(cString: made)
    }

    deinit {
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            // Base images are kept from removal.
            for file in (try? FileManager.default.subpathsOfDirectory(atPath: path)) ?? [] {
                DurableFile.setImmutable("\(path)/\(file)", false)
            }
            try? FileManager.default.removeItem(atPath: path)
        }
    }

    public func file(_ name: String) -> String { path + "/" + name }
}

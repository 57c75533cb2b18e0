import Configuration
import FleetRuntime
import FleetServer
import Glibc
import Signing

/// What the controller makes for itself at its first start and keeps in its state directory.
struct ControllerSecrets {
    let signingKey: SigningKey
    /// The controller's own, for the embedded broker.
    let busPassword: String

    /// Reads them, or makes those that are missing. The caller holds the state directory's lock.
    init(in state: StateDirectory) throws {
        if DurableFile.exists(state.signingKey) {
            signingKey = try SigningKey(path: state.signingKey)
        } else {
            signingKey = try SigningKey.generate()
            try signingKey.save(to: state.signingKey)
        }
        let path = state.path + "/bus-password"
        if !DurableFile.exists(path) { try Self.write(SecureRandom.token(), to: path) }
        busPassword = try SecretFile.value(file: path) ?? ""
    }

    private static func write(_ secret: String, to path: String) throws(FileError) {
        let part = path + ".part"
        let descriptor = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw FileError("make", part) }
        defer { close(descriptor) }
        try DurableFile.write(Array((secret + "\n").utf8)[...], to: descriptor, path: part)
        try DurableFile.publish(part, as: path, mode: 0o600)
    }
}

import Configuration
import FleetRuntime
import FleetServer
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
        if !DurableFile.exists(path) {
            try DurableFile.replace(path, with: (SecureRandom.token() + "\n").utf8, mode: 0o600)
        }
        busPassword = try SecretFile.value(file: path) ?? ""
    }
}

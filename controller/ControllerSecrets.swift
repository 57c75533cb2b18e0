import Configuration
import FleetRuntime
import FleetServer
import Signing

/// What the controller makes for itself at its first start and keeps in its state directory.
struct ControllerSecrets {
    let keys: ControllerKeys
    /// The controller's own, for the embedded broker.
    let busPassword: String

    /// Reads them, or makes those that are missing. The caller holds the state directory's lock.
    init(in state: StateDirectory) throws {
        keys = try ControllerKeys(path: state.signingKeys)
        let path = state.path + "/bus-password"
        if !DurableFile.exists(path) {
            try DurableFile.replace(path, with: (SecureRandom.token() + "\n").utf8, mode: 0o600)
        }
        busPassword = try SecretFile.value(file: path) ?? ""
    }
}

import FleetModel
import FleetServer
import Signing

/// The `agent.yaml` that `virtfleet host add` prints: what differs from the defaults, secrets included.
struct HostConfigurationText {
    let fleet: FleetName
    let brokerHost: String
    let brokerPort: UInt16
    let brokerUsesTLS: Bool
    let key: VerifyingKey
    let imagesURL: String

    func text(_ secrets: HostSecrets) -> String {
        """
        # virtfleet agent of \(secrets.name): save as /etc/virtfleet/agent.yaml with mode 0600; it holds secrets.
        fleet: \(fleet)
        host: \(secrets.host)
        broker:
          host: \(quoted(brokerHost))
          port: \(brokerPort)
          password: \(quoted(secrets.busPassword))\(brokerUsesTLS ? "\n  tls: {ca: /etc/virtfleet/tls/ca.pem}" : "")
        controllerKeys:
          - \(quoted(key.description))
        images:
          url: \(quoted(imagesURL))
          token: \(quoted(secrets.imageToken))

        """
    }

    /// A single-quoted scalar means itself, whatever is in it.
    private func quoted(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
    }
}

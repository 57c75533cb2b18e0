import Configuration
import FleetModel
import FleetServer
import Signing

/// The `agent.yaml` that `virtfleet host add` prints: what differs from the defaults, secrets included.
struct HostConfigurationText {
    let fleet: FleetName
    let brokerHost: String
    let brokerPort: UInt16
    /// How the controller reaches the broker: a host trusts the same authority, and where the controller shows a
    /// certificate, so must a host.
    let brokerTLS: TLSFiles?
    let imagesURL: String

    func text(_ secrets: HostSecrets) -> String {
        """
        # virtfleet agent of \(secrets.name): save as /etc/virtfleet/agent.yaml with mode 0600; it holds secrets.
        fleet: \(fleet)
        host: \(secrets.host)
        broker:
          host: \(quoted(brokerHost))
          port: \(brokerPort)
          password: \(quoted(secrets.busPassword))\(tls)
        controllerKeys:
        \(secrets.keys.map { "  - \(quoted($0.description))" }.joined(separator: "\n"))
        images:
          url: \(quoted(imagesURL))
          token: \(quoted(secrets.imageToken))

        """
    }

    private var tls: String {
        guard let brokerTLS else { return "" }
        let ca = "\n  tls:\n    ca: /etc/virtfleet/tls/ca.pem"
        if brokerTLS.certificate == nil { return ca }
        return ca + "\n    certificate: /etc/virtfleet/tls/host.pem\n    key: /etc/virtfleet/tls/host.key"
    }

    /// A single-quoted scalar means itself, whatever is in it.
    private func quoted(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
    }
}

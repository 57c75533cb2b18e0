import FleetModel
import FleetRuntime

extension DomainSpecification {
    func writeNetworks(to writer: inout XMLWriter) {
        for network in networks { write(network, to: &writer) }
    }

    private func write(_ network: Network, to writer: inout XMLWriter) {
        writer.element("interface", ["type": network.kind.type]) { writer in
            writer.element("mac", ["address": network.mac.description])
            network.kind.writeSource(to: &writer)
            writer.element("model", ["type": "virtio"])
        }
    }
}

extension DomainSpecification.Network.Kind {
    fileprivate var type: String {
        switch self {
        case .user: "user"
        case .bridge: "bridge"
        case .macvtap: "direct"
        case .network: "network"
        }
    }

    fileprivate func writeSource(to writer: inout XMLWriter) {
        switch self {
        case .user: break
        case .bridge(let name, let vlan):
            writer.element("source", ["bridge": name])
            if let vlan { writer.element("vlan") { $0.element("tag", ["id": String(vlan)]) } }
        case .macvtap(let name): writer.element("source", ["dev": name, "mode": "bridge"])
        case .network(let name): writer.element("source", ["network": name])
        }
    }
}

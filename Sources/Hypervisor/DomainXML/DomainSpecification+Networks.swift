import FleetModel
import FleetRuntime

extension DomainSpecification {
    func writeNetworks(to writer: inout XMLWriter) {
        for network in networks { write(network, to: &writer) }
    }

    private func write(_ network: Network, to writer: inout XMLWriter) {
        let bridge: String? = if case .bridge(let name) = network.kind { name } else { nil }
        writer.element("interface", ["type": bridge == nil ? "user" : "bridge"]) { writer in
            writer.element("mac", ["address": network.mac.description])
            if let bridge { writer.element("source", ["bridge": bridge]) }
            writer.element("model", ["type": "virtio"])
        }
    }
}

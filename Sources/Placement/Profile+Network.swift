import FleetModel

extension Profile {
    /// What one network card of a VM hangs on. As text: `user`, `bridge:NAME`, `bridge:NAME,vlan=ID`, `macvtap:INTERFACE`,
    /// `network:NAME`, `sriov:ID`, `sriov:PORTPATH`.
    public enum Network: TextIdentifier {
        /// QEMU's own NAT: outgoing connections only.
        case user
        /// A bridge of the host; with a VLAN's ID (IEEE 802.1Q, 1 to 4094) the card is in that VLAN, untagged.
        case bridge(String, vlan: Int? = nil)
        /// A macvtap on an interface of the host, in mode bridge. The host itself cannot be reached through it.
        case macvtap(String)
        /// A network that libvirt manages, such as `default`, which is NAT.
        case network(String)
        /// A virtual function of the host's network card.
        case sriov(DeviceSelector)

        public static var expectation: String {
            "'user', 'bridge:NAME', 'bridge:NAME,vlan=ID', 'macvtap:INTERFACE', 'network:NAME', 'sriov:ID' or 'sriov:PORTPATH', "
                + "such as bridge:br0"
        }

        public init?(_ text: String) {
            if text == "user" {
                self = .user
                return
            }
            let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2 else { return nil }
            let name = parts[1]
            switch parts[0] {
            case "bridge":
                guard let (bridge, vlan) = Self.bridge(name), Self.isInterface(bridge) else { return nil }
                self = .bridge(bridge, vlan: vlan)
            case "macvtap" where Self.isInterface(name): self = .macvtap(name)
            case "network" where !name.isEmpty && !name.contains("/") && !name.contains("\n"): self = .network(name)
            case "sriov":
                guard let function = Self.virtualFunction(name) else { return nil }
                self = .sriov(function)
            default: return nil
            }
        }

        private static func virtualFunction(_ text: String) -> DeviceSelector? {
            let id = PCIDeviceID(text)
            guard id != nil || text.contains("/") else { return nil }
            return DeviceSelector(role: .nic, id: id, portPath: id == nil ? text : nil, virtualFunction: true)
        }

        /// IFNAMSIZ leaves 15 bytes; a slash would leave /sys/class/net.
        private static func isInterface(_ name: String) -> Bool {
            (1...15).contains(name.utf8.count) && !name.contains("/") && name != "."
        }

        private static func bridge(_ text: String) -> (name: String, vlan: Int?)? {
            guard let comma = text.lastIndex(of: ",") else { return (text, nil) }
            let setting = text[text.index(after: comma)...]
            guard setting.hasPrefix("vlan=") else { return (text, nil) }
            guard let id = Int(setting.dropFirst("vlan=".count)), (1...4094).contains(id) else { return nil }
            return (String(text[..<comma]), id)
        }

        public var description: String {
            switch self {
            case .user: "user"
            case .bridge(let name, let vlan): "bridge:\(name)" + (vlan.map { ",vlan=\($0)" } ?? "")
            case .macvtap(let name): "macvtap:\(name)"
            case .network(let name): "network:\(name)"
            case .sriov(let selector): "sriov:\(selector.id?.description ?? selector.portPath ?? "")"
            }
        }
    }
}

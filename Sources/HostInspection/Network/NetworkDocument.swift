import FleetModel

/// `inventory/network`. Without momentary facts the interfaces that VMs and containers bring and take (tap, macvtap,
/// veth) are left out.
public struct NetworkDocument: Codable, Equatable, Sendable {
    public struct Interface: Codable, Equatable, Sendable {
        public enum Kind: String, Codable, Sendable, CaseIterable {
            case ethernet
            /// Its access point takes frames from its own address only: it cannot be a bridge's port.
            case wifi
            /// A modem for mobile networks; no port for a bridge either.
            case wwan
            case infiniband, bridge, vlan, bond, team, tun, tap, macvlan, macvtap, ipvlan, veth, wireguard, vxlan
            case loopback, other
        }

        public var name: String
        public var kind: Kind
        /// The permanent one where the kernel tells it.
        public var macAddress: MACAddress?
        /// The nearest PCI function behind it: of a USB adapter the controller.
        public var device: PCIAddress?
        /// All PCI functions that it hangs on: `device`, and the controller whose root bus that is on.
        public var functions: [PCIAddress] = []
        public var driver: String?
        /// It has a device behind it, on PCI or another bus.
        public var isPhysical: Bool
        /// The bridge, bond or team that it is a port of.
        public var master: String?
        /// What it stands on: ports of a bridge, bond or team, the parent of a VLAN.
        public var lower: [String] = []
        public var vlan: Int?
        /// Bytes of a packet.
        public var mtu: Int?
        /// Of a physical function (SR-IOV).
        public var virtualFunctions: [PCIAddress] = []
        /// Of a virtual function.
        public var physicalFunction: PCIAddress?
        /// This and the rest only when momentary facts were asked for.
        public var linkUp: Bool?
        /// Mbit/s.
        public var speed: Int?
        /// `full` or `half`.
        public var duplex: String?
    }

    public var interfaces: [Interface]
    /// The interfaces of the default routes of the main table, IPv4 and IPv6, the preferred one first.
    public var defaultRoutes: [String]
}

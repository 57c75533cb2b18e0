import FleetModel

/// `inventory/network`.
public struct NetworkDocument: Codable, Equatable, Sendable {
    public struct Interface: Codable, Equatable, Sendable {
        public var name: String
        /// `ethernet`, `wifi`, `bridge`, `vlan`, `bond`, `tap`, `loopback` or `other`.
        public var kind: String
        public var macAddress: MACAddress?
        /// The PCI function behind it.
        public var device: PCIAddress?
        /// The bridge or bond that it hangs on.
        public var master: String?
        /// Only when momentary facts were asked for.
        public var linkUp: Bool?
    }

    public var interfaces: [Interface]
    /// The interfaces of the default routes, the preferred one first.
    public var defaultRoutes: [String]
}

/// What a display controller is to the host.
public struct GPU: Codable, Equatable, Sendable {
    public enum Role: String, Codable, Sendable {
        /// The host shows its picture here.
        case hostDisplay = "host-display"
        /// Free to be given to a VM.
        case candidate
        /// It computes and shows nothing itself: class 0302, or no connector.
        case renderOnly = "render-only"
    }

    public struct Connector: Codable, Equatable, Sendable {
        /// `card0-HDMI-A-1` without the card: `HDMI-A-1`.
        public var name: String
        /// Something is plugged in. Only when momentary facts were asked for.
        public var connected: Bool?

        public init(name: String, connected: Bool? = nil) {
            self.name = name
            self.connected = connected
        }
    }

    public var role: Role
    /// Why it has this role.
    public var reason: String
    /// Absent while no graphics driver of the host has it: nobody can tell.
    public var connectors: [Connector]?

    public init(role: Role, reason: String, connectors: [Connector]? = nil) {
        self.role = role
        self.reason = reason
        self.connectors = connectors
    }
}

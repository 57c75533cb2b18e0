import FleetModel

/// Notices when a controller takes up its work while this host is connected.
struct ControllerWatch {
    /// Of the controller that is there, as far as this host knows.
    private var session: SessionID?

    /// - Parameter retained: the message was there before this host subscribed; the connection itself is the news then.
    /// - Returns: whether a controller has come.
    mutating func observe(_ presence: ControllerPresence, retained: Bool) -> Bool {
        let before = session
        session = presence.state == .online ? presence.session : nil
        return !retained && session != nil && session != before
    }
}

/// What becomes of a VM when its host sleeps or shuts down.
public struct HostPowerPolicy: Codable, Equatable, Sendable {
    public enum SleepAction: String, Codable, CaseIterable, Sendable {
        /// Its processors stand still until the host is awake again.
        case pause
        /// Its memory goes to the disk, and comes back when the host is awake.
        case save
        /// Its guest is asked to shut down. It stays off.
        case shutdown
        /// Nothing: it stands still with its host.
        case ignore
    }

    public enum ShutdownAction: String, Codable, CaseIterable, Sendable {
        /// Its guest is asked to shut down.
        case shutdown
        /// Its memory goes to the disk, and its next start goes on from there.
        case save
    }

    public var onSleep: SleepAction
    public var onShutdown: ShutdownAction

    public init(onSleep: SleepAction = .pause, onShutdown: ShutdownAction = .shutdown) {
        self.onSleep = onSleep
        self.onShutdown = onShutdown
    }
}

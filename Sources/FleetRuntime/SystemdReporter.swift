/// Tells systemd that the process is ready, alive and stopping. The last of a group's services, so that it is stopped
/// first; it runs where the others do, and falls silent when they cannot run.
public struct SystemdReporter: Service {
    public let name = "systemd"
    private let notifier: SystemdNotifier
    private let status: String
    private let interval: Duration?
    private let time: any TimeSource

    /// - Parameters:
    ///   - status: one line for `systemctl status`.
    ///   - interval: between signs of life; nil for none.
    public init(
        status: String, notifier: SystemdNotifier = SystemdNotifier(),
        interval: Duration? = SystemdNotifier.watchdogInterval, time: any TimeSource
    ) {
        self.status = status
        self.notifier = notifier
        self.interval = interval
        self.time = time
    }

    public func run() async throws {
        notifier.ready(status: status)
        while (try? await time.sleep(for: interval ?? .seconds(3600))) != nil {
            if interval != nil { notifier.watchdog() }
        }
        notifier.stopping()
    }
}

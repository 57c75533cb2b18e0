import FoundationEssentials
import FleetModel
import FleetRuntime

/// Notices when the wall clock is set: it then moves against CLOCK_BOOTTIME, which suspend does not stop.
struct ClockWatch {
    /// Slewing by a time service stays far below this between two looks.
    static let tolerance = 5.0

    private var bootedAt: Double?

    /// - Returns: the event, when the clock has jumped since the last look.
    mutating func look(now: Date, uptime: Duration) -> HostEvent? {
        let bootedAt = now.timeIntervalSince1970 - uptime.seconds
        defer { self.bootedAt = bootedAt }
        guard let before = self.bootedAt, abs(bootedAt - before) > Self.tolerance else { return nil }
        let jump = Int((bootedAt - before).rounded())
        return HostEvent(
            what: jump > 0 ? "forward" : "backward", message: "the wall clock jumped by \(jump) s")
    }
}

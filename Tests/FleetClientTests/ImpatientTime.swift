import FleetRuntime
import FoundationEssentials

/// The system's clocks, with every pause cut to a few milliseconds.
struct ImpatientTime: TimeSource {
    private let system = SystemTimeSource()
    func now() -> Date { system.now() }
    func uptime() -> Duration { system.uptime() }
    func monotonic() -> Duration { system.monotonic() }
    func sleep(for duration: Duration) async throws { try await system.sleep(for: min(duration, .milliseconds(5))) }
}

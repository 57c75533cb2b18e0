import FoundationEssentials
import Glibc

/// Where time comes from; injected so that tests can move it.
public protocol TimeSource: Sendable {
    /// The wall clock, UTC. May jump.
    func now() -> Date
    /// CLOCK_BOOTTIME: grows while the machine is suspended, never jumps.
    func uptime() -> Duration
    /// CLOCK_MONOTONIC: stands still while the machine is suspended.
    func monotonic() -> Duration
    /// Sleeps on the monotonic clock. Throws `CancellationError` when the task is cancelled.
    func sleep(for duration: Duration) async throws
}

public struct SystemTimeSource: TimeSource {
    public init() {}

    public func now() -> Date { Date() }
    public func uptime() -> Duration { read(CLOCK_BOOTTIME) }
    public func monotonic() -> Duration { read(CLOCK_MONOTONIC) }
    public func sleep(for duration: Duration) async throws {
        try await Task.sleep(for: duration, clock: .suspending)
    }

    private func read(_ clock: clockid_t) -> Duration {
        var time = timespec()
        clock_gettime(clock, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}

extension Duration {
    public var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}

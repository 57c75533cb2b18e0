import Configuration
import FleetModel

/// Recurring time in which a host may be disturbed.
public struct Window: FleetDocument, Schedule, Equatable {
    public var recurrence = "FREQ=DAILY"
    public var start = LocalTime("2026-01-01T22:00")!
    public var timeZone = Self.zoneOfHost
    /// How long it is open, whatever clocks do meanwhile.
    public var duration = Interval.seconds(6 * 3600)
    /// How long before its end nothing begins any more.
    public var cutoff = Interval.seconds(1800)

    public init() {}

    public func validate(_ check: SectionCheck) {
        let lengths = Interval.seconds(60)...Interval.seconds(7 * 86_400)
        if !lengths.contains(duration) {
            check.problem("duration", "expected from 1m to 7d, got \(duration)")
        }
        if cutoff >= duration { check.problem("cutoff", "expected less than the duration, \(duration), got \(cutoff)") }
        if recurrence.utf8.count > 500 { check.problem("recurrence", "expected at most 500 bytes") }
    }
}

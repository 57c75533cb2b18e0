import FleetModel

/// What recurs: a window, a policy.
public protocol Schedule {
    /// RFC 5545, section 3.3.10: `FREQ=WEEKLY;BYDAY=MO,TU`; from `HOURLY` to `YEARLY`.
    var recurrence: String { get }
    /// The first time, unless the recurrence leaves that out; also the time of day, where the recurrence says none.
    var start: LocalTime { get }
    /// An IANA name, or `host`.
    var timeZone: String { get }
}

extension Schedule {
    /// The host's own time zone.
    public static var zoneOfHost: String { "host" }
}

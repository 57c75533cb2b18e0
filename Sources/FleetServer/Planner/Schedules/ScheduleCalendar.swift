import FleetFiles
import FleetModel
import FoundationEssentials
import Recurrence

/// When something recurs on a host, in UTC: agents carry no calendar.
struct ScheduleCalendar: Sendable {
    let timeZone: String
    private let recurrence: Recurrence

    /// - Parameter hostZone: the host's own time zone, where the schedule goes by that; UTC when nil.
    init(_ schedule: some Schedule, hostZone: String?) throws(InvalidRecurrence) {
        timeZone = schedule.timeZone == type(of: schedule).zoneOfHost ? hostZone ?? "UTC" : schedule.timeZone
        recurrence = try Recurrence(rule: schedule.recurrence, start: schedule.start, zone: timeZone)
    }

    func times(from time: Date, until end: Date = .distantFuture, limit: Int) -> [Date] {
        recurrence.occurrences(from: time, until: end, limit: limit)
    }
}

extension Schedule {
    /// Whether it goes by a host's own time zone, which nobody knows.
    func lacksTimeZone(_ hostZone: String?) -> Bool { timeZone == Self.zoneOfHost && hostZone == nil }
}

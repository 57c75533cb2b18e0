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
        let isOfHost = schedule.timeZone == type(of: schedule).zoneOfHost
        timeZone = isOfHost ? hostZone ?? "UTC" : schedule.timeZone
        recurrence = try Recurrence(rule: schedule.recurrence, start: schedule.start, zone: timeZone)
    }

    func times(from time: Date, until end: Date = .distantFuture, limit: Int) -> [Date] {
        recurrence.occurrences(from: time, until: end, limit: limit)
    }
}

extension HostResource {
    private struct Software: Decodable {
        struct Clock: Decodable {
            var timeZone: String?
        }

        var clock: Clock
    }

    /// The machine's own time zone, as far as it has told of it.
    var timeZone: String? {
        inventory?[.software].flatMap { try? FleetJSON.decode(Software.self, from: $0) }?.clock.timeZone
    }

    /// Whether a schedule goes by a time zone of the host's that nobody knows.
    func lacksTimeZone<Kind: Schedule>(of schedule: Kind) -> Bool {
        schedule.timeZone == Kind.zoneOfHost && timeZone == nil
    }
}

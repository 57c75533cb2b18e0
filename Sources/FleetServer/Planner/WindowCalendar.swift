import FleetFiles
import FleetModel
import FoundationEssentials
import Recurrence

/// When a window is open on a host, in UTC: agents carry no calendar.
struct WindowCalendar: Sendable {
    /// As many as a job set has room for, many times over.
    static let maximumOccurrences = 128

    let timeZone: String
    private let window: Window
    private let recurrence: Recurrence

    /// - Parameter hostZone: the host's own time zone, where the window goes by that.
    init(_ window: Window, hostZone: String?) throws(InvalidRecurrence) {
        self.window = window
        timeZone = window.timeZone == Window.zoneOfHost ? hostZone ?? "UTC" : window.timeZone
        recurrence = try Recurrence(rule: window.recurrence, start: window.start, zone: timeZone)
    }

    /// The times at which it is open, from a time on. Those that touch are one.
    func occurrences(from time: Date, until end: Date = .distantFuture, limit: Int) -> [Occurrence] {
        let duration = window.duration.duration.seconds
        let starts = recurrence.occurrences(from: time - duration, until: end, limit: limit + 1)
        return Array(
            starts.map { Occurrence(start: $0, end: $0 + duration) }.merged.filter { $0.end > time }.prefix(limit))
    }

    /// The times at which something may begin: all but the last part of each.
    func startTimes(from time: Date, until end: Date) -> [Occurrence] {
        let cutoff = window.cutoff.duration.seconds
        return occurrences(from: time, until: end, limit: Self.maximumOccurrences)
            .map { Occurrence(start: $0.start, end: $0.end - cutoff) }.filter { $0.end > time }
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
}

import FleetFiles
import FleetModel
import FoundationEssentials
import Recurrence

/// When a window is open on a host.
struct WindowCalendar: Sendable {
    /// As many as a job set has room for, many times over.
    static let maximumOccurrences = 128

    private let window: Window
    private let calendar: ScheduleCalendar
    var timeZone: String { calendar.timeZone }

    init(_ window: Window, hostZone: String?) throws(InvalidRecurrence) {
        self.window = window
        calendar = try ScheduleCalendar(window, hostZone: hostZone)
    }

    /// The times at which it is open, from a time on. Those that touch are one.
    func occurrences(from time: Date, until end: Date = .distantFuture, limit: Int) -> [Occurrence] {
        let duration = window.duration.duration.seconds
        let starts = calendar.times(from: time - duration, until: end, limit: limit + 1)
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

import CICal
import FleetModel
import FoundationEssentials
import Synchronization

/// Why a recurrence cannot be.
public struct InvalidRecurrence: Error, Equatable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}

/// A recurrence rule of RFC 5545 (section 3.3.10) with its first local time and its IANA time zone, by libical and the
/// system's time zone database (`/usr/share/zoneinfo`).
public struct Recurrence: Sendable {
    private static let frequencies = [
        ICAL_HOURLY_RECURRENCE, ICAL_DAILY_RECURRENCE, ICAL_WEEKLY_RECURRENCE, ICAL_MONTHLY_RECURRENCE,
        ICAL_YEARLY_RECURRENCE,
    ]

    /// libical reads a time zone when it is first asked for, and more of its changes as they are needed.
    private static let library = Mutex(())

    private let rule: String
    private let start: LocalTime
    private let zone: TimeZone

    /// - Parameters:
    ///   - rule: `FREQ=WEEKLY;BYDAY=MO,TU`; from `HOURLY` to `YEARLY`.
    ///   - start: the first occurrence, unless the rule leaves it out.
    public init(rule: String, start: LocalTime, zone: String) throws(InvalidRecurrence) {
        guard let zone = Self.library.withLock({ _ in TimeZone(zone) }) else {
            throw InvalidRecurrence(
                "there is no time zone '\(zone.prefix(80))'; expected one such as Europe/Berlin or UTC")
        }
        let parsed = Self.parse(rule)
        // C reads no further than to a NUL.
        guard parsed.freq != ICAL_NO_RECURRENCE, !rule.utf8.contains(0) else {
            throw InvalidRecurrence(
                "'\(rule.prefix(200))' is no recurrence rule of RFC 5545, such as FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR")
        }
        guard Self.frequencies.contains(parsed.freq) else {
            throw InvalidRecurrence("'\(rule.prefix(200))' recurs more often than hourly")
        }
        (self.rule, self.start, self.zone) = (rule, start, zone)
        guard occurrences(from: .distantPast, limit: 1).first != nil else {
            throw InvalidRecurrence("'\(rule.prefix(200))' from \(start) on never occurs")
        }
    }

    /// When it occurs, from a time on, in order.
    public func occurrences(from time: Date, until end: Date = .distantFuture, limit: Int) -> [Date] {
        Self.library.withLock { _ in find(from: time, until: end, limit: limit) }
    }

    private func find(from time: Date, until end: Date, limit: Int) -> [Date] {
        var rule = Self.parse(rule)
        // libical compares it with local times, whatever zone it is in.
        let last = icaltime_is_null_time(rule.until) == 0 ? instant(of: rule.until) : .distantFuture
        rule.until = icaltime_null_time()
        guard let iterator = icalrecur_iterator_new(rule, start.icalTime) else { return [] }
        defer { icalrecur_iterator_free(iterator) }
        var found: [Date] = []
        while found.count < limit {
            let next = icalrecur_iterator_next(iterator)
            guard icaltime_is_null_time(next) == 0 else { break }
            // No zone is so far from UTC; to find out which moment it is takes longer.
            guard Double(icaltime_as_timet(next)) >= time.timeIntervalSince1970 - 2 * 86_400 else { continue }
            let date = zone.instant(ofLocal: next)
            guard date <= last, date < end else { break }
            if date >= time { found.append(date) }
        }
        return found
    }

    private func instant(of until: icaltimetype) -> Date {
        var until = until
        if until.is_date != 0 {
            until.is_date = 0
            (until.hour, until.minute, until.second) = (23, 59, 59)
        }
        return icaltime_is_utc(until) != 0
            ? Date(timeIntervalSince1970: Double(icaltime_as_timet(until))) : zone.instant(ofLocal: until)
    }

    private static func parse(_ rule: String) -> icalrecurrencetype {
        icalerror_set_errors_are_fatal(0)
        return icalrecurrencetype_from_string(rule)
    }
}

extension LocalTime {
    fileprivate var icalTime: icaltimetype {
        var time = icaltime_null_time()
        (time.year, time.month, time.day) = (Int32(year), Int32(month), Int32(day))
        (time.hour, time.minute) = (Int32(hour), Int32(minute))
        return time
    }
}

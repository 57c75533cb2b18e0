import CICal
import FoundationEssentials

/// A time zone of the system's database; it stays for the process's life.
struct TimeZone: @unchecked Sendable {
    private static let day: time_t = 86_400
    private let zone: OpaquePointer

    /// - Parameter name: an IANA name; nil when there is no such zone.
    init?(_ name: String) {
        if name == "UTC" {
            zone = icaltimezone_get_utc_timezone()
        } else {
            guard let zone = icaltimezone_get_builtin_timezone(name) else { return nil }
            self.zone = zone
        }
    }

    /// The moment at which local clocks show a time; of two such moments, when clocks are set back, the first. Clocks that are
    /// set forward skip times: such a one is counted as if they had not been (RFC 5545, section 3.3.5). libical's own
    /// conversion takes the second moment, and one before the change.
    func instant(ofLocal local: icaltimetype) -> Date {
        let clock = icaltime_as_timet(local)
        let (before, after) = (offset(at: clock - Self.day), offset(at: clock + Self.day))
        let isAfter = offset(at: clock - before) != before && offset(at: clock - after) == after
        return Date(timeIntervalSince1970: Double(clock - (isAfter ? after : before)))
    }

    /// Seconds east of UTC.
    private func offset(at time: time_t) -> time_t {
        var utc = icaltime_from_timet_with_zone(time, 0, icaltimezone_get_utc_timezone())
        return time_t(icaltimezone_get_utc_offset_of_utc_time(zone, &utc, nil))
    }
}

import FoundationEssentials
import Glibc

/// Sizes and times as people read them.
public enum HumanText {
    /// `13.1 MiB`, `4 GiB`: binary units, one decimal where it says something.
    public static func bytes(_ count: UInt64) -> String {
        var value = Double(count)
        for unit in ["B", "KiB", "MiB", "GiB", "TiB"] {
            // 1023.95 would be rounded to 1024.0.
            if value < 1023.95 { return decimal(value) + " " + unit }
            value /= 1024
        }
        return decimal(value) + " PiB"
    }

    /// `now`, `42 s ago`, `3 min ago`, `5 h ago`, `12 days ago`. What lies ahead, by clocks that differ, is now.
    public static func age(of date: Date, at now: Date) -> String {
        let seconds = Int(max(0, now.timeIntervalSince(date)))
        return seconds < 5 ? "now" : coarse(seconds) + " ago"
    }

    /// `42 s`, `3 min`, `5 h`, `12 days`.
    public static func duration(_ duration: Duration) -> String { coarse(Int(max(0, duration.seconds))) }

    /// The moment at which this machine's clock shows a time.
    public static func date(ofLocal year: Int, _ month: Int, _ day: Int, _ hour: Int, _ minute: Int) -> Date {
        var parts = tm()
        (parts.tm_year, parts.tm_mon, parts.tm_mday) = (Int32(year - 1900), Int32(month - 1), Int32(day))
        (parts.tm_hour, parts.tm_min, parts.tm_isdst) = (Int32(hour), Int32(minute), -1)
        return Date(timeIntervalSince1970: Double(mktime(&parts)))
    }

    /// In the user's time zone: `2026-11-20 18:41:03`.
    public static func localTime(_ date: Date) -> String {
        var seconds = time_t(date.timeIntervalSince1970.rounded(.down))
        var parts = tm()
        localtime_r(&seconds, &parts)
        var text = [UInt8](repeating: 0, count: 32)
        let count = text.withUnsafeMutableBytes {
            strftime($0.baseAddress, $0.count, "%Y-%m-%d %H:%M:%S", &parts)
        }
        return String(decoding: text.prefix(count), as: UTF8.self)
    }

    /// `9`, `0.461`: at most three decimals, none where there is nothing to tell.
    public static func number(_ value: Double) -> String {
        guard abs(value) < 1e15 else { return "\(value)" }
        let thousandths = (value * 1000).rounded() / 1000
        return thousandths == thousandths.rounded() ? "\(Int64(thousandths))" : "\(thousandths)"
    }

    private static func coarse(_ seconds: Int) -> String {
        switch seconds {
        case ..<60: "\(seconds) s"
        case ..<3600: "\(seconds / 60) min"
        case ..<172_800: "\(seconds / 3600) h"
        default: "\(seconds / 86_400) days"
        }
    }

    private static func decimal(_ value: Double) -> String {
        let tenths = (value * 10).rounded() / 10
        return tenths == tenths.rounded() ? "\(Int(tenths))" : "\(tenths)"
    }
}

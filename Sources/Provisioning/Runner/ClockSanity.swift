import FleetModel
import FleetRuntime
import FoundationEssentials

/// Whether the wall clock may be believed. A laptop that wakes with an empty battery, or whose clock was set by hand,
/// must neither run a job too late nor throw one away as expired.
struct ClockSanity: Equatable, Sendable {
    /// A time the controller gave, and this host's time since boot when it came.
    struct Stamp: Equatable, Sendable {
        var date: Date
        var uptime: Duration
    }

    enum Verdict: Equatable, Sendable {
        case sane
        /// For people.
        case insane(String)
    }

    /// `issuedAt` of the newest job set. It can be earlier than that of an older one: the controller's clock was ahead.
    var newestIssuedAt: Date?
    /// The newest time at which the journal was written under a sane clock.
    var newestJournalTime: Date?
    /// Of this boot.
    var stamp: Stamp?

    func judge(now: Date, uptime: Duration, synchronised: Bool) -> Verdict {
        if let notBefore, now < notBefore {
            return .insane(
                "the clock says \(Self.text(now)), but it was \(Self.text(notBefore)) already; set the clock")
        }
        if synchronised { return .sane }
        guard let stamp else {
            return .insane("the clock is not synchronised and the controller has not told the time yet")
        }
        let expected = stamp.date + (uptime - stamp.uptime).seconds
        guard abs(now.timeIntervalSince(expected)) <= JobSet.clockTolerance.seconds else {
            return .insane(
                "the clock says \(Self.text(now)), the controller's is about \(Self.text(expected)); "
                    + "start a time service (systemd-timesyncd or chrony)")
        }
        return .sane
    }

    /// No sane clock is before this.
    var notBefore: Date? { [newestIssuedAt, newestJournalTime].compactMap(\.self).max() }

    private static func text(_ date: Date) -> String { date.formatted(.iso8601) }
}

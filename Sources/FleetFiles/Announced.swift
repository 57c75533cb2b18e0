import Configuration
import FleetModel

/// What the person at a host is told of before it begins: a rollout, a policy.
public protocol Announced {
    /// How long before; not at all with 0s.
    var notice: Interval { get }
    /// How often the person may put it off.
    var deferrals: Int { get }
}

extension Announced {
    /// Nil where nobody is told.
    public var jobNotice: JobNotice? {
        JobNotice(seconds: Int(notice.duration.components.seconds), deferrals: deferrals)
    }

    func checkNotice(_ check: SectionCheck) {
        let none = Interval.seconds(0)
        if notice != none, !(Interval.seconds(60)...Interval.seconds(86_400)).contains(notice) {
            check.problem("notice", "expected from 1m to 1d, got \(notice)")
        }
        if deferrals != 0, notice == none { check.problem("deferrals", "put off a notice; there is none") }
        check.range("deferrals", deferrals, 0...10)
    }
}

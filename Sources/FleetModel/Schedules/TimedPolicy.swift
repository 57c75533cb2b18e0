import FoundationEssentials

/// A policy that is carried out at given times.
public protocol TimedPolicy: LocalPolicy {
    /// When, in order: agents carry no calendar.
    var times: [Date] { get }
    /// How long after a time that was missed it is made good.
    var graceSeconds: Int { get }
    /// What the host has to meet, in the words of a job's `requirements`.
    var requirements: [String]? { get }
}

extension TimedPolicy {
    /// What is left for the last time that has come: up to the end of its grace, or up to the next time.
    public func window(at now: Date) -> Occurrence? {
        times.last { $0 <= now }.flatMap { window(from: $0) }.flatMap { $0.contains(now) ? $0 : nil }
    }

    /// The next time, if it comes within so many seconds, likewise.
    public func window(after now: Date, within seconds: Double) -> Occurrence? {
        times.first { $0 > now }.flatMap { $0 <= now + seconds ? window(from: $0) : nil }
    }

    private func window(from time: Date) -> Occurrence? {
        let grace = time + Double(graceSeconds)
        let end = times.first { $0 > time }.map { min($0, grace) } ?? grace
        return end > time ? Occurrence(start: time, end: end) : nil
    }
}

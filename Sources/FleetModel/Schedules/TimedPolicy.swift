import FoundationEssentials

/// A policy that is carried out at given times.
public protocol TimedPolicy: LocalPolicy {
    /// When, in order: agents carry no calendar.
    var times: [Date] { get }
    /// How long after a time that was missed it is made good.
    var graceSeconds: Int { get }
    /// What the host has to meet, and what the person at it has of its jobs before: in the words of a job's `requirements`
    /// (`JobTerms`).
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

    /// A window and those after it, as far as it names their times.
    public func windows(from window: Occurrence, count: Int) -> [Occurrence] {
        times.filter { $0 >= window.start }.prefix(count).compactMap { self.window(from: $0) }
    }

    /// Whether windows are still its own, as far as it says: it names no time of long ago, and the end of the last follows from the
    /// time after it.
    func has(_ windows: [Occurrence]) -> Bool {
        guard let first = times.first, let last = times.last else { return windows.isEmpty }
        return windows.allSatisfy { window in
            !(first..<last).contains(window.start)
                || times.contains(window.start) && self.window(from: window.start) == window
        }
    }

    private func window(from time: Date) -> Occurrence? {
        let grace = time + Double(graceSeconds)
        let end = times.first { $0 > time }.map { min($0, grace) } ?? grace
        return end > time ? Occurrence(start: time, end: end) : nil
    }
}

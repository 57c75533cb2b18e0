import FoundationEssentials

/// What the person at the host has been told of a job that is about to begin.
struct ToldNotice: Equatable, Sendable {
    var toldAt: Date
    /// Not before; put off, that is later than it was.
    var beginsAt: Date
    /// The same as a time since boot, which no setting of the clock moves; nil when it was told before the boot.
    var beginsUptime: Duration?
    /// How often the job has been put off, by this notice and those before it.
    var deferrals = 0

    func isOver(at now: Date, uptime: Duration) -> Bool {
        now >= beginsAt && beginsUptime.map { uptime >= $0 } ?? true
    }
}

import FleetModel
import FleetRuntime
import FoundationEssentials
import Rollouts
import SQLite
import Signing

extension FleetStore {
    /// What became of a rollout in one step.
    public struct RolloutNews: Equatable, Sendable {
        public var rollout: ResourceName
        public var state: RolloutState
        /// For people.
        public var reason: String?
        /// 1 for the first.
        public var wave: Int
        /// Hosts that were asked just now.
        public var offers: Int
    }

    /// Hosts that are asked in one transaction: others want the database too.
    private static let offersAtOnce = 500
    /// Hosts go away, and jobs expire, without a word.
    private static let sweepInterval = Duration.seconds(30)

    /// Brings every rollout as far as it can go now. To be called about once a second, and again at once while it says so.
    /// - Returns: what has changed, and whether there is more to do.
    public func stepRollouts() throws(StoreError) -> (news: [RolloutNews], isMore: Bool) {
        let sweeps = memory.rolloutsSweptAt.map { time.monotonic() >= $0 + Self.sweepInterval } ?? true
        let (changed, hasNews) = (memory.restlessHosts, memory.hasRolloutNews)
        var news: [RolloutNews] = []
        var isMore = false
        var asked: Set<HostID> = []
        for (name, nextChange) in try read({ try RolloutRepository(connection: $0).alive() }) {
            let isDue = nextChange.map { $0 <= time.now() } ?? false
            guard sweeps || hasNews || isDue || !changed.isEmpty else { continue }
            let step = try write { connection in
                let rollout = try RolloutRepository(connection: connection).find(name)
                var step = RolloutStep(connection: connection, rollout: rollout, now: time.now())
                try step.run(settling: sweeps ? nil : changed, limit: Self.offersAtOnce)
                if let change = step.change {
                    try audit("rollout.\(change.state.rawValue)", change.auditText, by: "controller")
                }
                return step
            }
            if let change = step.change { news.append(change) }
            if step.isMore { isMore = true }
            asked.formUnion(step.asked)
        }
        // Only what the steps have seen; nothing was awaited meanwhile.
        memory.restlessHosts = []
        memory.hasRolloutNews = isMore
        if sweeps { memory.rolloutsSweptAt = time.monotonic() }
        for host in asked { intend(for: host) }
        return (news, isMore)
    }
}

extension FleetStore.RolloutNews {
    fileprivate var auditText: String {
        "\(rollout), wave \(wave)" + (offers > 0 ? ", \(offers) hosts asked" : "") + (reason.map { ": \($0)" } ?? "")
    }
}

/// One step of one rollout, in one transaction.
private struct RolloutStep {
    let connection: Connection
    var rollout: StoredRollout
    let now: Date
    /// Hosts whose jobs have changed.
    var asked: Set<HostID> = []
    var isMore = false
    private let before: RolloutProgress
    private var offers = 0
    private let hosts: RolloutHostRepository
    private let jobs: JobRepository

    init(connection: Connection, rollout: StoredRollout, now: Date) {
        self.connection = connection
        self.rollout = rollout
        self.now = now
        before = rollout.progress
        hosts = RolloutHostRepository(connection: connection)
        jobs = JobRepository(connection: connection)
    }

    var change: FleetStore.RolloutNews? {
        guard before != rollout.progress || offers > 0 else { return nil }
        return FleetStore.RolloutNews(
            rollout: rollout.name, state: rollout.progress.state, reason: rollout.progress.reason,
            wave: rollout.progress.wave + 1, offers: offers)
    }

    /// - Parameter changed: of whose jobs or presence there is news; nil for all.
    mutating func run(settling changed: Set<HostID>?, limit: Int) throws {
        try settle(changed)
        var orders: RolloutProgress.Orders
        var hasChanged: Bool
        repeat {
            let progress = rollout.progress
            orders = rollout.progress.advance(
                try hosts.tally(of: rollout.name), rollout.definition.rules, deadline: rollout.deadline, now: now)
            hasChanged = progress != rollout.progress
            if let state = orders.closes, try hosts.close(rollout.name, as: state, at: now) > 0 { hasChanged = true }
            if orders.withdraws, try withdraw(rollingBack: orders.rollsBack) { hasChanged = true }
            let count = min(orders.offers, limit - offers)
            if count > 0, try offer(count) { hasChanged = true }
        } while hasChanged && offers < limit
        isMore = offers >= limit
        guard change != nil else { return }
        rollout.updatedAt = now
        try RolloutRepository(connection: connection).update(rollout)
    }

    /// Draws the conclusions from what hosts have told of their jobs.
    private func settle(_ changed: Set<HostID>?) throws {
        guard let changed else { return try hosts.inFlight(of: rollout.name).forEach(settle) }
        for host in changed {
            if let host = try hosts.inFlight(host, of: rollout.name) { try settle(host) }
        }
    }

    private func settle(_ host: StoredRolloutHost) throws {
        var host = host
        let isOnline = host.hostState == .online
        host.awaySince = isOnline ? nil : host.awaySince ?? now
        var asked: [HostStanding.AskedJob] = []
        for index in host.tasks.indices where !host.tasks[index].done {
            guard let job = try host.tasks[index].job.flatMap(jobs.standing) else { continue }
            if job.state == .succeeded { host.tasks[index].done = true }
            asked.append(job)
        }
        let standing = HostStanding(of: asked, awaySince: host.awaySince, now: now)
        guard
            standing.state != host.state || standing.reason != host.reason || standing.message != host.message
                || host.awaySince != nil
        else { return }
        host.state = standing.state
        (host.reason, host.message) = (standing.reason, standing.message)
        if standing.lapsed, rollout.definition.windows != nil { host.misses += 1 }
        if standing.state == .pending { host.wave = nil }
        if !standing.state.isInFlight { host.awaySince = nil }
        host.updatedAt = now
        try hosts.update(host)
    }

    /// Takes back what has not begun: by absence from the job set, so that what has begun unknown to us goes on. To roll back, it
    /// is asked to stop.
    /// - Returns: whether there was any.
    private mutating func withdraw(rollingBack: Bool) throws -> Bool {
        var hasAny = false
        for host in try hosts.inFlight(of: rollout.name) {
            for id in host.jobs {
                guard var job = try jobs.find(id), !job.resource.state.isTerminal else { continue }
                guard !job.withdrawRequested || (rollingBack && !job.resource.cancelRequested) else { continue }
                job.withdrawRequested = true
                if rollingBack { job.resource.cancelRequested = true }
                job.handle(.withdrawn, at: now)
                try jobs.update(job)
                asked.insert(host.host)
                hasAny = true
            }
            // Jobs that no host could know of are gone with that.
            try settle(host)
        }
        return hasAny
    }

    /// Asks hosts whose turn it is.
    /// - Returns: whether there was any.
    private mutating func offer(_ count: Int) throws -> Bool {
        let candidates = try hosts.candidates(of: rollout.name, limit: count)
        for var host in candidates {
            host.updatedAt = now
            let terms = rollout.definition.conditions(
                zone: host.zone, misses: host.misses, deadline: rollout.deadline, at: now)
            if let terms {
                try ask(&host, terms.conditions, expiresAt: terms.expiresAt)
            } else {
                host.state = .missed
                host.message =
                    "window '\(rollout.definition.window?.description ?? "")' does not open again before the deadline"
            }
            try hosts.update(host)
        }
        return !candidates.isEmpty
    }

    private mutating func ask(_ host: inout StoredRolloutHost, _ conditions: JobConditions?, expiresAt: Date) throws {
        for index in host.tasks.indices where !host.tasks[index].done {
            let job = JobResource(
                id: jobID(host.host, task: index, attempt: host.attempts), host: host.host, hostName: host.hostName,
                kind: rollout.definition.kind, arguments: host.tasks[index].arguments, state: .planned,
                cancelRequested: false, createdAt: now, updatedAt: now, expiresAt: expiresAt, conditions: conditions,
                rollout: rollout.name)
            try jobs.add(job)
            host.tasks[index].job = job.id
        }
        host.attempts += 1
        host.state = .offered
        host.wave = rollout.progress.wave
        (host.reason, host.message, host.awaySince) = (nil, nil, nil)
        offers += 1
        asked.insert(host.host)
    }

    /// The same for whoever asks for the same: a controller restored from a backup asks for nothing twice.
    private func jobID(_ host: HostID, task: Int, attempt: Int) -> JobID {
        let begin = UInt64(max(0, rollout.createdAt.timeIntervalSince1970 * 1000))
        var digits = DigestGenerator(text: "\(rollout.name)/\(begin)/\(host)/\(task)/\(attempt)")
        return JobID(milliseconds: begin, using: &digits)
    }
}

import FleetModel
import FleetStore
import FoundationEssentials
import Rollouts
import SQLite

/// Knows the rules, and looks whether they hold after every step.
struct Referee {
    /// How far a clock may be off that is believed.
    private static let tolerance = JobSet.clockTolerance.seconds

    /// What the database says of a rollout.
    struct Sight: Equatable {
        var counts: [RolloutHostState: Int] = [:]
        var attempts: [HostID: Int] = [:]
        var wave = 0
        var state = RolloutState.running
        var skippedAfterOffer = 0

        var tally: RolloutTally { RolloutTally(counts: counts, skippedAfterOffer: skippedAfterOffer) }
    }

    let ledger: Ledger
    private var ended: [JobID: JobState] = [:]
    /// What the database said when it was last looked at, and how often it had been written to then in which life.
    private var seen: (sights: [String: Sight], life: Int, changes: Int)?
    /// When a wave was through.
    private var waveEnds: [String: Date] = [:]
    /// What each host last said of its connection, as the controller heard it.
    var heard: [HostID: String] = [:]

    init(ledger: Ledger) { self.ledger = ledger }

    /// The database is an older copy of itself: what it had concluded since is to be concluded again.
    mutating func forget() { (ended, waveEnds, heard, seen) = ([:], [:], [:], nil) }

    // MARK: Jobs

    /// A terminal state never changes.
    private mutating func judgeJobs(_ controller: SimulatedController) async {
        guard let rows = try? await controller.store?.rows("SELECT id, state FROM jobs") else { return }
        for row in rows {
            guard let id = JobID((try? row.get(0, as: String.self)) ?? ""),
                let state = JobState(rawValue: (try? row.get(1, as: String.self)) ?? "")
            else { continue }
            if let before = ended[id], before != state {
                ledger.violate("job \(id) was \(before.rawValue) and is \(state.rawValue)")
            }
            if state.isTerminal { ended[id] = state }
        }
    }

    /// A job begins only where it is wanted, in its time, and where the controller counts with it.
    func begins(
        _ job: JobID, _ begin: Ledger.Begin, wanted: Job?, _ controller: SimulatedController
    ) async {
        guard let wanted, !wanted.cancel else {
            return ledger.violate("host \(begin.host) began job \(job), which its newest set does not want")
        }
        if wanted.expiresAt + Self.tolerance < begin.time {
            ledger.violate("host \(begin.host) began job \(job) after it had expired")
        }
        let isInWindow = wanted.windows.contains {
            $0.start - Self.tolerance <= begin.time && begin.time < $0.end + Self.tolerance
        }
        if !wanted.windows.isEmpty && !isInWindow {
            ledger.violate("host \(begin.host) began job \(job) outside its window")
        }
        guard !controller.wasRestored, let store = controller.store else { return }
        let host = SimulatedDisk.host(begin.host).description
        guard
            let rollout = (try? await store.rows("SELECT rollout FROM jobs WHERE id = ?", [job.description]))?
                .first.flatMap({ try? $0.get(0, as: String?.self) })
        else { return }
        let row = try? await store.rows(
            """
            SELECT state FROM rollout_hosts WHERE rollout = ? AND host = ?
            AND EXISTS (SELECT 1 FROM json_each(tasks) WHERE json_extract(value, '$.job') = ?)
            """, [rollout, host, job.description]
        ).first
        let state = row.flatMap { try? $0.get(0, as: String.self) }.flatMap { RolloutHostState(rawValue: $0) }
        if state?.isInFlight != true {
            ledger.violate(
                "host \(begin.host) began job \(job), with which \(rollout) does not count any more "
                    + "(\(state?.rawValue ?? "it asks for another one"))")
        }
    }

    // MARK: Rollouts

    private func look(_ controller: SimulatedController) async -> [String: Sight] {
        guard let store = controller.store,
            let rollouts = try? await store.rows("SELECT name, state, progress FROM rollouts"),
            let hosts = try? await store.rows(
                "SELECT rollout, host, state, attempts, wave IS NOT NULL FROM rollout_hosts")
        else { return [:] }
        struct Progress: Decodable { var wave: Int }
        var sights: [String: Sight] = [:]
        for row in rollouts {
            guard let name = try? row.get(0, as: String.self), let state = try? row.get(1, as: String.self),
                let text = try? row.get(2, as: String.self),
                let progress = try? JSONDecoder().decode(Progress.self, from: Data(text.utf8))
            else { continue }
            sights[name] = Sight(wave: progress.wave, state: RolloutState(rawValue: state) ?? .running)
        }
        for row in hosts {
            guard let name = try? row.get(0, as: String.self),
                let host = HostID((try? row.get(1, as: String.self)) ?? ""),
                let state = RolloutHostState(rawValue: (try? row.get(2, as: String.self)) ?? ""),
                let attempts = try? row.get(3, as: Int.self), let wasAsked = try? row.get(4, as: Bool.self)
            else { continue }
            sights[name]?.counts[state, default: 0] += 1
            sights[name]?.attempts[host] = attempts
            if state == .skipped && wasAsked { sights[name]?.skippedAfterOffer += 1 }
        }
        return sights
    }

    /// Looks at what the controller has made of the last step.
    mutating func judge(
        _ controller: SimulatedController, _ intents: [Intent], now: Date, tell: (String) -> Void
    ) async {
        guard let changes = try? await controller.store?.rows("SELECT total_changes()").first?.get(0, as: Int.self),
            changes != seen?.changes || controller.life != seen?.life
        else { return }
        await judgeJobs(controller)
        let before = seen?.sights
        let after = await look(controller)
        seen = (after, controller.life, changes)
        // Nobody knows what an older copy had done just before.
        guard let before else { return }
        for intent in intents {
            let name = intent.name.description
            guard let new = after[name] else { continue }
            let old = before[name] ?? Sight()
            guard old != new else { continue }
            tell(
                "\(name): \(new.state.rawValue), wave \(new.wave + 1), \(new.counts.map { "\($0.value) \($0.key.rawValue)" }.sorted())"
            )
            let asked = new.attempts.filter { $0.value > old.attempts[$0.key, default: 0] }.keys
            if !asked.isEmpty { judgeOffers(intent, new, asked) }
            judgeSoak(intent, old, new, now)
        }
    }

    private func judgeOffers(_ intent: Intent, _ sight: Sight, _ asked: some Collection<HostID>) {
        let name = intent.name
        let tally = sight.tally
        let occupied = [RolloutHostState.offered, .applying, .away].reduce(0) { $0 + sight.counts[$1, default: 0] }
        if occupied > intent.rules.concurrency {
            ledger.violate(
                "\(name) has asked \(occupied) hosts at the same time, \(intent.rules.concurrency) are allowed")
        }
        let failures = sight.counts[.failed, default: 0] + sight.counts[.lost, default: 0] - intent.forgiven.failures
        let attempted =
            [RolloutHostState.failed, .lost, .succeeded].reduce(0) { $0 + sight.counts[$1, default: 0] }
            - intent.forgiven.attempted
        if intent.rules.failureThreshold.isExceeded(by: max(0, failures), of: max(failures, attempted)) {
            ledger.violate(
                "\(name) asked hosts though \(failures) of \(attempted) had failed, more than \(intent.rules.failureThreshold)"
            )
        }
        let budget = intent.rules.budget(of: sight.wave, total: tally.total)
        if tally.admitted > budget {
            ledger.violate(
                "\(name) has let \(tally.admitted) hosts begin in wave \(sight.wave + 1), \(budget) are allowed")
        }
        for host in asked where heard[host].map({ $0 != Presence.State.online.rawValue }) ?? false {
            ledger.violate("\(name) asked host \(host), which is \(heard[host] ?? "")")
        }
    }

    /// A rollout that has been stopped asks nobody to begin.
    func judge(_ set: JobSet, _ controller: SimulatedController) async {
        let stopped = (seen?.sights ?? [:]).filter { [.paused, .halted, .aborting, .aborted].contains($0.value.state) }
        guard !stopped.isEmpty, let store = controller.store else { return }
        for job in set.jobs where !job.cancel && !ledger.hasBegun(job.id) {
            let row = try? await store.rows("SELECT rollout FROM jobs WHERE id = ?", [job.id.description]).first
            guard let name = row.flatMap({ try? $0.get(0, as: String?.self) }), let sight = stopped[name] else {
                continue
            }
            ledger.violate("\(name) is \(sight.state.rawValue), and a job set asks for its job \(job.id)")
        }
    }

    private mutating func judgeSoak(_ intent: Intent, _ old: Sight, _ new: Sight, _ now: Date) {
        let name = intent.name.description
        if new.wave > old.wave {
            if let end = waveEnds[name], now.timeIntervalSince(end) < Double(intent.rules.soakSeconds) {
                ledger.violate(
                    "\(name) has begun wave \(new.wave + 1) before wave \(old.wave + 1) could show its effects")
            } else if waveEnds[name] == nil, intent.rules.soakSeconds > 0 {
                ledger.violate("\(name) has begun wave \(new.wave + 1) without a soak")
            }
            waveEnds[name] = nil
        }
        let tally = new.tally
        if new.wave < intent.rules.waves.count, tally.awaited == 0, waveEnds[name] == nil,
            tally.admitted >= intent.rules.budget(of: new.wave, total: tally.total)
        {
            waveEnds[name] = now
        }
    }

    // MARK: The end

    /// Intent and reality are the same.
    func judgeEnd(_ controller: SimulatedController, _ intents: [Intent], _ hosts: [SimulatedHost]) async throws {
        guard try await controller.isAtRest() else {
            let open = try await controller.store.rows(
                "SELECT id, state FROM jobs WHERE state NOT IN (\(SimulatedController.terminalStates))")
            let rollouts = await look(controller)
            let jobs = try open.map { try "\($0.get(0, as: String.self)) \($0.get(1, as: String.self))" }
            return ledger.violate("it does not come to rest: jobs \(jobs), rollouts \(rollouts)")
        }
        var known: [JobID: JobState] = [:]
        for row in try await controller.store.rows("SELECT id, state FROM jobs") {
            known[JobID(try row.get(0, as: String.self))!] = JobState(rawValue: try row.get(1, as: String.self))
        }
        for (job, state) in known {
            let effects = ledger.effects(of: job)
            if state == .succeeded && effects != 1 { ledger.violate("job \(job) succeeded with \(effects) effects") }
            if [.withdrawn, .expired, .rejected].contains(state) && effects != 0 {
                ledger.violate("job \(job) is \(state.rawValue) and took effect")
            }
        }
        for host in hosts {
            for row in try await host.journal.rows("SELECT id, report FROM jobs") {
                let report = try FleetJSON.decode(JobReport.self, from: Data(try row.get(1, as: String.self).utf8))
                guard let state = known[report.job] else { continue }
                if Self.end(state) != Self.end(report.state) {
                    ledger.violate(
                        "host \(host.index) says that job \(report.job) is \(report.state.rawValue), the controller that it is \(state.rawValue)"
                    )
                }
            }
        }
        guard !controller.wasRestored else { return }
        let rows = try await controller.store.rows(
            """
            SELECT rollout, host, count(*) FROM jobs WHERE rollout IS NOT NULL AND state = 'succeeded'
            GROUP BY rollout, host HAVING count(*) > 1
            """)
        for row in rows {
            ledger.violate(
                "host \(try row.get(1, as: String.self)) has done what \(try row.get(0, as: String.self)) asks more than once"
            )
        }
    }

    /// A job that never began may end by several names: it was not wanted any more, and its time was over.
    private static func end(_ state: JobState) -> String {
        switch state {
        case .withdrawn, .expired, .cancelled: "over before it began"
        default: state.rawValue
        }
    }
}

extension SimulatedController {
    static let terminalStates = JobState.allCases.filter(\.isTerminal).map { "'\($0.rawValue)'" }.joined(
        separator: ", ")

    /// Nothing is under way.
    func isAtRest() async throws -> Bool {
        guard let store else { return false }
        let open = try await store.rows(
            """
            SELECT 1 FROM jobs WHERE state NOT IN (\(Self.terminalStates))
            UNION ALL SELECT 1 FROM rollouts WHERE state NOT IN ('finished', 'aborted')
            UNION ALL SELECT 1 FROM rollout_hosts WHERE state IN ('pending', 'offered', 'applying', 'away', 'stray', 'lost')
            LIMIT 1
            """)
        return open.isEmpty
    }
}

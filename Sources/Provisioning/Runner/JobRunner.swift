import FleetModel
import FleetRuntime
import FoundationEssentials
import Hypervisor
import Signing

/// Turns the host's signed job sets into work, level-triggered: what the newest set and the journal say is compared, and
/// each job is brought one step nearer to its end. Every decision is `JobScheduler`'s; this carries them out.
public actor JobRunner: Service {
    public struct Configuration: Sendable {
        public var fleet: FleetName
        public var host: HostID
        /// The controller's, from agent.yaml; without any, every job set is refused.
        public var keys: [VerifyingKey]
        /// The verbs that this host accepts.
        public var allowedKinds: Set<JobKindName>
        /// Jobs that work at the same time; downloads and waiting do not count.
        public var concurrency: Int
        /// Jobs that begin within an hour, at most: what a controller in wrong hands could do is bounded.
        public var maximumPerHour: Int

        public init(
            fleet: FleetName, host: HostID, keys: [VerifyingKey],
            allowedKinds: Set<JobKindName> = Set(JobKindName.allCases), concurrency: Int = 2, maximumPerHour: Int = 120
        ) {
            self.fleet = fleet
            self.host = host
            self.keys = keys
            self.allowedKinds = allowedKinds
            self.concurrency = concurrency
            self.maximumPerHour = maximumPerHour
        }
    }

    /// Where results go.
    public struct Outlets: Sendable {
        /// Puts a report into the durable stream; when it throws, the report is offered again. May get one twice, then
        /// with the same key, which no other report has.
        public var report: @Sendable (_ report: JobReport, _ key: String) async throws -> Void
        /// Likewise: the body of `job.deferred`.
        public var deferred: @Sendable (_ deferral: JobDeferral, _ key: String) async throws -> Void
        /// Lossy.
        public var progress: @Sendable (JobProgress) async -> Void
        /// An envelope was refused: the body of `security.refused`.
        public var refused: @Sendable (HostEvent) async -> Void

        public init(
            report: @escaping @Sendable (_ report: JobReport, _ key: String) async throws -> Void,
            deferred: @escaping @Sendable (_ deferral: JobDeferral, _ key: String) async throws -> Void,
            progress: @escaping @Sendable (JobProgress) async -> Void,
            refused: @escaping @Sendable (HostEvent) async -> Void
        ) {
            self.report = report
            self.deferred = deferred
            self.progress = progress
            self.refused = refused
        }
    }

    public nonisolated let name = "jobs"
    let configuration: Configuration
    let host: JobHost
    let journal: JobJournal
    let outlets: Outlets
    let logger: Logger
    let fault: FaultPoint.Hook
    private let isClockSynchronised: @Sendable () -> Bool
    let scheduler: JobScheduler
    let conditions: HostConditions

    /// The controller's keys that the host trusts.
    public internal(set) var keys: [VerifyingKey]
    var gate: JobSetGate
    var desiredGate: IntentGate<DesiredState>
    /// What the host does by itself.
    var desired: DesiredState?
    /// VMs whose snapshots have been looked through since the policies last made one.
    var prunedVMs: Set<VMID> = []
    /// What policies would run in guests whose profiles do not name it.
    var lackingCommands: Set<LackingCommand> = []
    var clock: ClockSanity
    var activities: [JobID: Activity] = [:]
    /// The host prepares to sleep or to shut down.
    var isHeld = false
    /// The agent has looked what became of the host's devices since its last life.
    private var hasRenewedDevices = false
    /// Cleared at every start: looking again costs little, and the image may have gone.
    var prepared: Set<JobID> = []
    var retries: [JobID: Retry] = [:]
    /// An envelope that could not be stored, because the disk was full for instance. When it can be, it tells no time any more.
    private var pending: [UInt8]?
    var pendingDesired: [UInt8]?
    private var failure: (any Error)?
    package nonisolated let wake = Mailbox<Void>(capacity: 1)
    let outboxChanged = Mailbox<Void>(capacity: 1)
    let progress = Mailbox<JobProgress>(capacity: 64)
    /// Rings when VMs may have other cores than before.
    public nonisolated let moves = Mailbox<Void>(capacity: 1)
    /// Rings when `powerPolicies` are others than before, and at first when there are any.
    public nonisolated let powerChanges = Mailbox<Void>(capacity: 1)
    /// The newest revision that was taken, all that was to say of the jobs before it being in the record: whoever has read that
    /// far may conclude that a job which the set does not name, and of which the record says nothing, never begins.
    public internal(set) var recordedRevision: UInt64 = 0
    /// Rings when that has grown.
    public nonisolated let recorded = Mailbox<Void>(capacity: 1)
    /// VMs that have stopped, and left what they had to nobody yet.
    var stopped: Set<VMID> = []
    let stops = Mailbox<Void>(capacity: 1)

    /// A task for one job; `run` awaits it.
    struct Activity {
        var kind: JobScheduler.Activity
        /// Absent for a job that cannot be read.
        var vm: VMID?
        var task: Task<Void, Never>
    }

    struct Retry {
        var at: Duration
        var backoff: Backoff
    }

    /// - Parameters:
    ///   - isClockSynchronised: see `SystemClock`.
    ///   - fault: for tests.
    public init(
        configuration: Configuration, host: JobHost, journal: JobJournal, outlets: Outlets, logger: Logger,
        isClockSynchronised: @escaping @Sendable () -> Bool = SystemClock.isSynchronised,
        fault: @escaping FaultPoint.Hook = { _ in }
    ) async throws {
        self.configuration = configuration
        self.host = host
        self.journal = journal
        self.outlets = outlets
        self.logger = logger
        self.isClockSynchronised = isClockSynchronised
        self.fault = fault
        scheduler = JobScheduler(
            concurrency: configuration.concurrency, maximumPerHour: configuration.maximumPerHour)
        conditions = HostConditions(host: host)
        keys = try await journal.trustedKeys(configured: configuration.keys)
        let facts = try await journal.facts()
        gate = JobSetGate(
            fleet: configuration.fleet, host: configuration.host, revision: facts.revision, digest: facts.digest)
        (desired, desiredGate) = try await journal.desired(fleet: configuration.fleet, host: configuration.host)
        clock = facts.clock
        if !powerPolicies.isEmpty { powerChanges.send(()) }
    }

    /// The newest revision taken.
    public var revision: UInt64 { gate.revision }

    /// Runs until cancelled. Jobs that work then stop where they are and go on at the next start.
    public func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.handOverReports() }
            group.addTask { await self.publishProgress() }
            group.addTask { await self.settleAfterStops() }
            while !Task.isCancelled && failure == nil {
                if let pending { await judge(pending, retained: true) }
                if let pendingDesired { await judge(desired: pendingDesired) }
                let alarm = await sleepUntil(evaluate())
                _ = await wake.next()
                alarm.cancel()
            }
            for activity in activities.values { activity.task.cancel() }
            for activity in activities.values { await activity.task.value }
            group.cancelAll()
        }
        if let failure { throw failure }
    }

    /// From now on no job starts or goes on after a pause; what is at work stays at work.
    /// - Returns: the VMs that jobs are working on.
    public func hold() -> Set<VMID> {
        isHeld = true
        return Set(activities.values.filter { $0.kind == .working }.compactMap(\.vm))
    }

    /// Jobs start again.
    public func release() {
        isHeld = false
        wake.send(())
    }

    /// Takes what arrived on `down/<host>/jobs`.
    /// - Parameter retained: the broker had kept it, for nobody knows how long: it tells no time.
    public func receive(envelope: [UInt8], retained: Bool = false) async {
        await judge(envelope, retained: retained)
        if pending != nil { wake.send(()) }
    }

    private func judge(_ envelope: [UInt8], retained: Bool) async {
        pending = nil
        switch gate.judge(envelope: envelope, keys: keys, now: saneTime()) {
        case .alreadyHave: break
        case .refuse(let reason, let message):
            logger.warning("refused a job set: \(reason.rawValue): \(message)")
            await outlets.refused(HostEvent(what: reason.rawValue, message: message))
        case .accept(let set, let digest):
            do {
                try await take(set, digest: digest, retained: retained)
            } catch {
                logger.error("cannot store job set \(set.revision), will try again: \(error)")
                pending = envelope
            }
        }
    }

    private func take(_ set: JobSet, digest: Digest, retained: Bool) async throws {
        let stamp = retained ? nil : ClockSanity.Stamp(date: set.issuedAt, uptime: host.time.uptime())
        // The actor is free while the journal writes, so it is the journal that keeps a newer set from being overtaken.
        guard try await journal.take(set, digest: digest, stamp: stamp), set.revision > gate.revision else { return }
        gate.take(set, digest: digest)
        clock.newestIssuedAt = set.issuedAt
        if let stamp { clock.stamp = stamp }
        logger.info("took job set \(set.revision) with \(set.jobs.count) jobs")
        wake.send(())
        outboxChanged.send(())
    }

    /// The jobs that something is done about at the moment.
    package var activeJobs: Set<JobID> { Set(activities.keys) }

    /// Does what the scheduler says.
    /// - Parameter afterEach: called after each thing that was begun; for whoever wants one at a time.
    /// - Returns: how long nothing will change by itself.
    @discardableResult
    package func evaluate(afterEach: @Sendable () async -> Void = {}) async -> Duration {
        let longest = Duration.seconds(15)
        do {
            let untilPolicy = isHeld ? nil : await policiesPlanned()
            let jobs = try await journal.unfinished()
            prepared.formIntersection(jobs.map(\.id))
            retries = retries.filter { id, _ in jobs.contains { $0.id == id } }
            // A job set wakes the runner; until then there is nothing to do.
            if isHeld { return .seconds(3600) }
            if !hasRenewedDevices { hasRenewedDevices = try await renewDevices() }
            if jobs.isEmpty && pending == nil && pendingDesired == nil {
                return min(hasRenewedDevices ? .seconds(3600) : .seconds(2), untilPolicy ?? .seconds(3600))
            }
            let time: JobScheduler.Clock = saneTime().map { .sane($0) } ?? .insane
            let obstacles = await obstacles(for: jobs, time)
            let turns = jobs.sorted { ($0.job.rank ?? .max, $0.id) < ($1.job.rank ?? .max, $1.id) }
            let candidates = turns.map { entry in
                var candidate = candidate(entry)
                candidate.obstacle = obstacles[entry.id]
                return candidate
            }
            let uptime = host.time.uptime()
            let entries = Dictionary(uniqueKeysWithValues: jobs.map { ($0.id, $0) })
            let begun = try await begunWithinTheHour(jobs)
            for action in scheduler.decide(candidates, clock: time, uptime: uptime, begun: begun) where !isHeld {
                try await perform(action, entries)
                await afterEach()
            }
            let catchUp = clock.notBefore.map { Duration.seconds($0.timeIntervalSince(host.time.now())) }
            let changes = [untilPolicy, scheduler.nextChange(candidates, clock: time, uptime: uptime), catchUp]
            return max(
                min(longest, changes.compactMap(\.self).filter { $0 > .zero }.min() ?? longest), .milliseconds(10))
        } catch {
            logger.error("cannot go on with the jobs, will try again: \(error)")
            return longest
        }
    }

    /// What of their requirements the host does not meet, of those jobs that could start otherwise.
    private func obstacles(
        for jobs: [JournalledJob], _ clock: JobScheduler.Clock
    ) async -> [JobID: JobScheduler.Wait] {
        var obstacles: [JobID: JobScheduler.Wait] = [:]
        for entry in jobs
        where !entry.isStarted && prepared.contains(entry.id) && scheduler.isDue(candidate(entry), clock) {
            for requirement in terms(of: entry.job).requirements where obstacles[entry.id] == nil {
                obstacles[entry.id] = await conditions.obstacle(to: requirement).map {
                    JobScheduler.Wait(reason: requirement.reason, message: $0)
                }
            }
        }
        return obstacles
    }

    /// Looks for what the policies want; whatever keeps it from that is tried again soon.
    private func policiesPlanned() async -> Duration? {
        do {
            guard let duration = try await planByPolicies() else {
                return desired?.policySet.timed.isEmpty == false ? .seconds(60) : nil
            }
            return max(duration, .milliseconds(10))
        } catch let error as HypervisorError where error.code == .disconnected {
            return .seconds(15)
        } catch is CancellationError {
            return nil
        } catch {
            logger.warning("cannot see what the policies want, will try again: \(error)")
            return .seconds(60)
        }
    }

    /// How many jobs began within an hour, those counted that are about to.
    private func begunWithinTheHour(_ jobs: [JournalledJob]) async throws -> Int {
        let beginning = jobs.count { !$0.isStarted && activities[$0.id]?.kind == .working }
        guard let now = saneTime() else { return beginning }
        return try await journal.begun(since: now - 3600) + beginning
    }

    /// The time, if the clock may be believed.
    func saneTime() -> Date? {
        let now = host.time.now()
        let verdict = clock.judge(now: now, uptime: host.time.uptime(), synchronised: isClockSynchronised())
        return verdict == .sane ? now : nil
    }

    /// Nothing tells this host the time: a newly signed job set would.
    public var wantsTime: Bool { clock.stamp == nil && !isClockSynchronised() }

    func stop(because error: any Error) {
        failure = failure ?? error
        wake.send(())
    }

    private func sleepUntil(_ duration: Duration) -> Task<Void, Never> {
        Task { [time = host.time, wake] in
            guard (try? await time.sleep(for: duration)) != nil else { return }
            wake.send(())
        }
    }
}

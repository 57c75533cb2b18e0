import DurableStream
import FleetModel
import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import Hypervisor
import ImageStore
import Provisioning
import SQLite

/// A workstation with its agent: the agent's own code with its journal, a guest, clocks, and a record of what it has to tell.
final class SimulatedHost {
    let index: Int
    let id: HostID
    let time: ManualTimeSource
    let hypervisor: InMemoryHypervisor
    private let directory: String
    private let journalPath: String
    private let seed: UInt64
    private let ledger: Ledger
    private let keys: [VerifyingKey]
    private let defect: Defect?

    private var life = 0
    private(set) var journal: JobJournal!
    private(set) var runner: JobRunner!
    private(set) var gate: FaultGate!
    let spool: SimulatedSpool

    var isRunning: Bool { runner != nil }
    /// The lid is closed.
    var isAsleep = false
    var isConnected = false
    var session = SessionID.random()
    var isClockSynchronised = true { didSet { gate?.isClockSynchronised = isClockSynchronised } }
    /// What its clock is off, against the world's.
    var clockOffset = 0.0
    var isDiskBroken = false
    /// The jobs of the newest set that the agent took; for the referee.
    var wanted: [JobID: Job] = [:]
    var publishedFacts: Facts?

    struct Facts: Equatable {
        var jobsRevision: UInt64
        var recorded: RecordPosition?
        var acked: StreamPosition?
        var wantsTime: Bool
    }

    init(
        index: Int, seed: UInt64, directory: String, disk: SimulatedDisk, keys: [VerifyingKey], ledger: Ledger,
        epoch: EpochID, defect: Defect?
    ) async throws {
        self.index = index
        self.seed = seed
        self.keys = keys
        self.ledger = ledger
        self.defect = defect
        id = SimulatedDisk.host(index)
        time = ManualTimeSource(now: SimulatedDisk.begin)
        self.directory = "\(directory)/host-\(index)"
        journalPath = self.directory + "/journal.db"
        spool = SimulatedSpool(epoch: epoch)
        try FileManager.default.createDirectory(
            atPath: self.directory + "/root/run", withIntermediateDirectories: true)
        try disk.makeJournal(at: journalPath)
        hypervisor = try InMemoryHypervisor(directory: self.directory + "/domains")
        _ = try await hypervisor.define(
            """
            <domain type='qemu'><name>office</name><uuid>\(SimulatedDisk.vm(index))</uuid><memory unit='KiB'>1024</memory>
            <vcpu>1</vcpu><os><type arch='x86_64' machine='q35'>hvm</type></os></domain>
            """)
        try await hypervisor.start(SimulatedDisk.vm(index))
        try await drainEvents()
    }

    /// Only reboots are counted by what is in there.
    private func drainEvents() async throws { while hypervisor.events.count > 0 { _ = await hypervisor.events.next() } }

    // MARK: Life and death

    func start(at now: Date) async throws {
        life += 1
        journal = try JobJournal(path: journalPath, bootID: "boot", executor: InlineExecutor())
        try await journal.relax()
        if isDiskBroken { try await journal.setBroken(true) }
        let gate = FaultGate(
            seed: seed, host: index, life: life, ledger: ledger, hypervisor: hypervisor, now: now)
        self.gate = gate
        let anyClock = defect == .believesAnyClock
        gate.isClockSynchronised = isClockSynchronised
        runner = try await JobRunner(
            configuration: JobRunner.Configuration(
                fleet: SimulatedDisk.fleet, host: id, keys: keys, concurrency: 1),
            host: JobHost(
                hypervisor: hypervisor, images: NoImages(), imageSource: { ImageSource(url: "", token: "") },
                profiles: [:], vmDirectory: directory + "/vms", exportDirectory: directory + "/exports",
                facilities: HostFacilities(
                    root: directory + "/root", program: { _ in nil }, accelerator: { .tcg }, set: { _, _ in }),
                time: time),
            journal: journal,
            outlets: JobRunner.Outlets(
                report: { [spool, time] report, key in
                    try spool.append(report, key: key, at: time.now(), uptime: time.uptime())
                }, deferred: { _, _ in }, progress: { _ in }, refused: { _ in }), logger: .silent,
            isClockSynchronised: { anyClock || gate.isClockSynchronised }, fault: { try await gate.pass($0) })
        gate.whenHeld { [wake = runner.wake] in wake.send(()) }
        if defect == .repeatsInterruptedSteps {
            try? await journal.execute("DELETE FROM steps WHERE state = 'intended'")
        }
    }

    /// The process dies where it stands.
    func crash() async {
        guard let runner else { return }
        gate.crash()
        while await !runner.activeJobs.isEmpty { _ = await runner.wake.next() }
        (self.runner, journal) = (nil, nil)
    }

    func setDiskBroken(_ isBroken: Bool) async throws {
        isDiskBroken = isBroken
        try await journal?.setBroken(isBroken)
    }

    // MARK: Jobs

    /// Takes a job set that has arrived.
    func take(_ envelope: [UInt8], retained: Bool, now: Date) async throws {
        guard isRunning else { return }
        gate.set(now: now)
        if defect == .forgetsFinishedJobs { try? await journal.execute("DELETE FROM jobs WHERE ended = 1") }
        if defect == .takesOldJobSets {
            try? await journal.execute("UPDATE facts SET revision = 0, digest = NULL")
            await crash()
            try await start(at: now)
        }
        await runner.receive(envelope: envelope, retained: retained)
        if defect == .ignoresWithdrawal { try? await journal.execute("UPDATE jobs SET wanted = 1") }
    }

    /// The revision of the newest set that it took.
    var revision: UInt64 { get async { await runner?.revision ?? 0 } }

    /// Lets the agent do what is to be done now, until each job is done or held.
    func evaluate(now: Date) async {
        guard let runner, let gate, !isAsleep else { return }
        gate.set(now: now)
        await runner.evaluate { await Self.rest(runner, gate) }
    }

    /// Lets one held job go on to its next point.
    func letGo(_ job: JobID, now: Date) async {
        gate.set(now: now)
        gate.letGo(job)
        await Self.rest(runner, gate)
    }

    /// Until every job is over, or held.
    private static func rest(_ runner: JobRunner, _ gate: FaultGate) async {
        while await !runner.activeJobs.subtracting(gate.parkedJobs).isEmpty { _ = await runner.wake.next() }
    }

    func facts() async -> Facts {
        Facts(
            jobsRevision: await runner?.recordedRevision ?? 0, recorded: spool.recorded, acked: spool.acked,
            wantsTime: await runner?.wantsTime ?? false)
    }

    func presence(_ state: Presence.State, _ facts: Facts) throws -> [UInt8] {
        [UInt8](
            try FleetJSON.encode(
                Presence(
                    state: state, session: session, agentVersion: "1.0", bootID: "boot", time: time.now(),
                    acked: facts.acked, jobsRevision: facts.jobsRevision, recorded: facts.recorded,
                    wantsTime: facts.wantsTime)))
    }
}

/// No job of the simulation needs one.
private struct NoImages: ImageStore {
    func image(_ reference: ImageReference) async -> String? { nil }
    func fetch(
        _ reference: ImageReference, from source: ImageSource, progress: @escaping @Sendable (ImageProgress) -> Void
    ) async throws(ImageError) -> String { "" }
    func bytesToFetch(_ reference: ImageReference, inFileSystemOf path: String) async -> UInt64 { 0 }
}

extension Logger {
    static let silent = Logger(label: "simulation", level: .error, sink: { _, _ in })
}

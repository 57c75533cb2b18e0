import DurableStream
import FleetAgent
import FleetModel
import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import HostInspection
import HostPower
import Hypervisor
import MessageBus
import Synchronization
import Testing

/// An agent between an in-memory broker and an in-memory hypervisor, on a clock that the test moves.
final class AgentWorld: Sendable {
    final class Jobs: JobReceiver {
        let envelopes = Mutex<[[UInt8]]>([])
        let recorded = Mailbox<Void>(capacity: 1)
        func receive(envelope: [UInt8], retained: Bool) async {
            envelopes.withLock { $0.append(envelope) }
            recorded.send(())
        }
        let wantsTime = false
        var recordedRevision: UInt64 { get async { UInt64(envelopes.withLock(\.count)) } }
        let desires = Mutex<[[UInt8]]>([])
        func receive(desired envelope: [UInt8]) async { desires.withLock { $0.append(envelope) } }
        var desiredRevision: UInt64 { get async { UInt64(desires.withLock(\.count)) } }
        let keys: [VerifyingKey] = []
        private let stopped = Mutex<[VMID]>([])
        var stoppedVMs: [VMID] { stopped.withLock(\.self) }
        func vmStopped(_ vm: VMID) async { stopped.withLock { $0.append(vm) } }
        /// Whether no job may start, and the VMs that jobs are working on.
        private let held = Mutex(false)
        var isHeld: Bool { held.withLock(\.self) }
        let busy = Mutex<Set<VMID>>([])
        func hold() async -> Set<VMID> {
            held.withLock { $0 = true }
            return busy.withLock(\.self)
        }
        func release() async { held.withLock { $0 = false } }
        let policies = Mutex<[PowerPolicy]>([])
        var powerPolicies: [PowerPolicy] { get async { policies.withLock(\.self) } }
        let powerChanges = Mailbox<Void>(capacity: 1)
        let moves = Mailbox<Void>(capacity: 1)
    }

    let fleet = FleetName("plant") ?? FleetName("x")!
    let host = HostID.random()
    let time = ManualTimeSource()
    let broker: InMemoryBroker
    let directory: TemporaryDirectory
    let jobs = Jobs()
    let log = Mutex<[String]>([])

    init() throws {
        directory = try TemporaryDirectory()
        broker = InMemoryBroker(time: time)
    }

    /// One life of the agent, from its start to its clean end.
    func run(
        power: Mailbox<HostPower.Event> = Mailbox(capacity: 1),
        before: (InMemoryHypervisor) async throws -> Void = { _ in },
        _ body: (AgentWorld.Life) async throws -> Void
    ) async throws {
        let life = try await Life(self, power, before: before)
        do {
            try await body(life)
        } catch {
            await life.stop()
            throw error
        }
        await life.stop()
    }

    /// Lets time pass until the condition holds.
    func until(
        _ comment: Comment, stepping step: Duration = .milliseconds(250), _ condition: () async throws -> Bool
    ) async throws {
        for _ in 0..<2000 {
            if try await condition() { return }
            time.advance(by: step)
            try await Task.sleep(for: .milliseconds(2))
        }
        Issue.record(comment)
        throw CancellationError()
    }

    func retained<Document: Decodable>(_ topic: Topic, as type: Document.Type) throws -> Document? {
        try broker.retained(topic.name(in: fleet)).map { try FleetJSON.decode(type, from: Data($0.payload)) }
    }

    /// A file of the machine that the agent inspects.
    func writeHostFile(_ path: String, _ text: String) throws {
        let file = URL(filePath: directory.path + path)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    func presence() throws -> Presence? { try retained(.presence(host), as: Presence.self) }
    func document(_ id: VMID) throws -> VMDocument? { try retained(.vm(host, id), as: VMDocument.self) }

    /// Every event in the agent's spool: `type what`.
    func recorded(by life: Life) async throws -> [String] {
        try await life.spool.unacknowledged(limit: 1000).map { record in
            let body = try FleetJSON.decode(JSONValue.self, from: Data(record.json()))["body"]
            let word = body?["event"]?.stringValue ?? body?["what"]?.stringValue ?? ""
            let suffix = body?["synthesised"] == .bool(true) ? " (synthesised)" : ""
            return "\(record.header.type.rawValue) \(word)\(suffix)"
        }
    }

    final class Life: Sendable {
        let bus: InMemoryBus
        let hypervisor: InMemoryHypervisor
        let spool: Spool
        private let tasks: [Task<Void, any Error>]

        fileprivate init(
            _ world: AgentWorld, _ power: Mailbox<HostPower.Event>, before: (InMemoryHypervisor) async throws -> Void
        ) async throws {
            let logger = Logger(label: "agent", level: .debug) { _, line in world.log.withLock { $0.append(line) } }
            let hypervisor = try InMemoryHypervisor(directory: world.directory.file("domains"))
            try await before(hypervisor)
            let bus = InMemoryBus(world.broker, clientID: world.host.description)
            let spool = try Spool(
                path: world.directory.file("spool-\(UUID()).db"), time: world.time, bootID: "boot", logger: logger)
            let topic = Topic.stream(world.host).name(in: world.fleet)
            let stream = StreamPublisher(spool: spool, time: world.time, logger: logger) { payload in
                try await bus.publish(BusMessage(topic: topic, payload: payload))
            }
            var settings = AgentSettings(
                fleet: world.fleet, host: world.host, agentVersion: "1.2.3", bootID: "boot",
                root: HostRoot(world.directory.path), imagesDirectory: "/images",
                stateDirectory: world.directory.path)
            settings.inspectionInterval = .seconds(300)
            let session = AgentSession(
                settings, bus: bus, hypervisor: hypervisor, spool: spool, stream: stream, jobs: world.jobs,
                power: power, sample: { MetricsBatch(time: world.time.now(), host: ["virtfleet_test": 1], vms: [:]) },
                time: world.time, logger: logger)
            self.bus = bus
            self.hypervisor = hypervisor
            self.spool = spool
            tasks = [Task { try await session.run() }, Task { try await stream.run() }]
        }

        func stop() async {
            for task in tasks {
                task.cancel()
                _ = try? await task.value
            }
        }
    }
}

func domainXML(_ id: VMID, _ name: String = "office") -> String {
    """
    <domain type='qemu'><name>\(name)</name><uuid>\(id)</uuid><memory unit='GiB'>4</memory><vcpu>2</vcpu>
    <os><type arch='x86_64' machine='q35'>hvm</type></os>
    <devices><channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel></devices></domain>
    """
}

extension JobID {
    static func random() -> JobID {
        var generator = SystemRandomNumberGenerator()
        return JobID(milliseconds: 1_790_000_000_000, using: &generator)
    }
}

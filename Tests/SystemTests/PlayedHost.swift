import DurableStream
import FleetAgent
import FleetClient
import FleetModel
import FleetRuntime
import FleetTestSupport
import Foundation
import MessageBus
import Synchronization

/// A host in this process: the agent's own session, spool and bus, and one VM that nobody runs. Its jobs are done at once and
/// remembered, like those of an agent that nothing ever befalls.
final class PlayedHost: Sendable {
    let name: String
    private let jobs: PlayedJobs
    private let task: Task<Void, any Error>
    private let directory: TemporaryDirectory

    /// - Parameters:
    ///   - number: of the VM, one digit.
    ///   - failures: so many of its first jobs fail.
    init(
        _ registration: HostRegistration, _ number: Int, of controller: ControllerUnderTest, failures: Int = 0
    ) async throws {
        let (host, fleet) = (registration.host.id, FleetName("test")!)
        name = registration.host.name.description
        directory = try TemporaryDirectory()
        let (logger, time) = (Logger(label: "played", level: .error, sink: { _, _ in }), SystemTimeSource())
        let bus = MosquittoBus(
            MosquittoConfiguration(
                host: "127.0.0.1", port: controller.brokerPort, clientID: host.description,
                username: host.description, password: registration.password,
                reconnect: ReconnectPolicy(
                    base: .milliseconds(100), cap: .milliseconds(500), twinInterval: .seconds(1))))
        let spool = try Spool(path: directory.file("spool.db"), time: time, bootID: "test", logger: logger)
        let topic = Topic.stream(host).name(in: fleet)
        let stream = StreamPublisher(spool: spool, time: time, logger: logger) { payload in
            try await bus.publish(BusMessage(topic: topic, payload: payload))
        }
        let hypervisor = try InMemoryHypervisor(directory: directory.file("domains"))
        let job = "01ARZ3NDEKTSV4RRFFQ69G500\(number)"
        _ = try await hypervisor.define(
            """
            <domain type='qemu'><name>office</name><uuid>0b7cb6f9-0000-4000-8000-00000000000\(number)</uuid>
            <memory unit='KiB'>1024</memory><vcpu>1</vcpu><os><type arch='x86_64' machine='q35'>hvm</type></os>
            <metadata><v:vm xmlns:v="https://virtfleet.dev/xmlns/vm/1" job="\(job)" profile="office"
            template="\(String(repeating: "a", count: 64))"/></metadata></domain>
            """)
        jobs = PlayedJobs(spool: spool, failures: failures)
        let session = AgentSession(
            AgentSettings(
                fleet: fleet, host: host, agentVersion: "test", bootID: "test", imagesDirectory: directory.path,
                stateDirectory: directory.path),
            bus: bus, hypervisor: hypervisor, spool: spool, stream: stream, jobs: jobs,
            sample: { MetricsBatch(time: time.now(), host: [:], vms: [:]) }, time: time, logger: logger)
        task = Task { try await ServiceGroup([session, stream], logger: logger).run() }
    }

    /// The jobs that it did, in order.
    var done: [JobID] { jobs.done }

    func stop() async {
        task.cancel()
        _ = await task.result
    }
}

/// Does what it is asked, once.
private actor PlayedJobs: JobReceiver {
    private struct Envelope: Decodable { var payload: Data }

    nonisolated let recorded = Mailbox<Void>(capacity: 1)
    nonisolated let moves = Mailbox<Void>(capacity: 1)
    nonisolated let powerChanges = Mailbox<Void>(capacity: 1)
    let powerPolicies: [PowerPolicy] = []
    private nonisolated let finished = Mutex<[JobID]>([])
    private let spool: Spool
    private(set) var recordedRevision: UInt64 = 0
    private(set) var desiredRevision: UInt64 = 0
    let wantsTime = false
    let keys: [VerifyingKey] = []

    private let failures: Int

    init(spool: Spool, failures: Int) {
        self.spool = spool
        self.failures = failures
    }

    nonisolated var done: [JobID] { finished.withLock(\.self) }

    func receive(envelope: [UInt8], retained: Bool) async {
        guard let envelope = try? JSONDecoder().decode(Envelope.self, from: Data(envelope)),
            let set = try? FleetJSON.decode(JobSet.self, from: envelope.payload), set.revision > recordedRevision
        else { return }
        for job in set.jobs where !job.cancel {
            let (isNew, place) = finished.withLock { finished in
                if let place = finished.firstIndex(of: job.id) { return (false, place) }
                finished.append(job.id)
                return (true, finished.count - 1)
            }
            let end = place < failures ? JobState.failed : .succeeded
            // The controller asks again of what it does not know the end of.
            for state in isNew ? [JobState.accepted, .ready, .applying, end] : [end] {
                try? await spool.append(.jobStatus, JobReport(job: job.id, kind: job.kind, state: state))
            }
        }
        recordedRevision = set.revision
        recorded.send(())
    }

    func receive(desired envelope: [UInt8]) async {}
    func vmStopped(_ vm: VMID) async {}
    func hold() async -> Set<VMID> { [] }
    func release() async {}
}

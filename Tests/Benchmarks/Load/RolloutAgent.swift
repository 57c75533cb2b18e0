import FleetModel
import FleetRuntime
import Foundation

/// A host that does its part of a rollout: it is online, has one VM, begins what it is asked at once, and is done some seconds
/// later, one in twenty without success.
final class RolloutAgent: SwarmAgent {
    private struct Envelope: Decodable { var payload: Data }

    private let session = SessionID.random()
    private let vm = VMID.random()
    private var random = SystemRandomNumberGenerator()
    private var reports: [UInt64: JobReport] = [:]
    private var sentAt: [(seq: UInt64, time: Duration)] = []
    private var known: Set<JobID> = []
    private var endings: [(due: Duration, job: JobID)] = []
    private var revision: UInt64 = 0

    /// When it came to know of its newest job, and the size of the message.
    private(set) var askedAt = Duration.zero
    private(set) var askedBytes = 0
    /// How many jobs it knows of.
    var asked: Int { known.count }
    /// Jobs that it has come to the end of.
    private(set) var ended = 0
    /// Seconds from sending each report to its acknowledgement, which follows the commit.
    private var lags: [Double] = []

    override func isConnected() {
        super.isConnected()
        announce()
        let document = VMDocument(
            id: vm, name: "office", state: .shutoff, memoryBytes: 12 << 30, vcpus: 4, persistent: true,
            autostart: false,
            origin: .init(
                job: JobID(milliseconds: 1, using: &random), template: Digest(String(repeating: "a", count: 64))!,
                profile: "office"))
        tell(.vm(host, vm), document)
    }

    override func isTold(_ topic: String, _ payload: [UInt8]) {
        guard topic.hasSuffix("/jobs"),
            let envelope = try? JSONDecoder().decode(Envelope.self, from: Data(payload)),
            let set = try? FleetJSON.decode(JobSet.self, from: envelope.payload), set.revision > revision
        else { return }
        revision = set.revision
        let now = swarm.time.monotonic()
        for job in set.jobs where known.insert(job.id).inserted {
            (askedAt, askedBytes) = (now, payload.count)
            for state in [JobState.accepted, .ready, .applying] { report(job.id, state) }
            endings.append((now + .milliseconds(Int.random(in: 1000...10_000)), job.id))
        }
        announce()
    }

    func takeLags() -> [Double] {
        defer { lags = [] }
        return lags
    }

    /// Ends what is due. To be called often.
    func work(at now: Duration) {
        while let place = endings.firstIndex(where: { $0.due <= now }) {
            let job = endings.remove(at: place).job
            ended += 1
            report(job, Int.random(in: 0..<20) == 0 ? .failed : .succeeded)
        }
    }

    override func record(_ seq: UInt64) -> String {
        let body = reports[seq].flatMap { try? FleetJSON.encode($0) } ?? Data()
        return StreamRecord.text(.jobStatus, body: String(decoding: body, as: UTF8.self), epoch: epoch, seq: seq)
    }

    override func confirm(upTo seq: UInt64) {
        let now = swarm.time.monotonic()
        lags += sentAt.prefix { $0.seq <= seq }.map { (now - $0.time).seconds }
        sentAt.removeAll { $0.seq <= seq }
        reports = reports.filter { $0.key > seq }
        super.confirm(upTo: seq)
    }

    private func report(_ job: JobID, _ state: JobState) {
        reports[goal + 1] = JobReport(job: job, kind: JobKindName.vmStart.rawValue, state: state)
        sentAt.append((goal + 1, swarm.time.monotonic()))
        send(1)
    }

    override var will: [UInt8]? { try? [UInt8](FleetJSON.encode(presence(.lost))) }

    private func announce() { tell(.presence(host), presence(.online)) }

    private func presence(_ state: Presence.State) -> Presence {
        Presence(
            state: state, session: session, agentVersion: "bench", bootID: "bench", time: swarm.time.now(),
            jobsRevision: revision, vms: [vm],
            recorded: goal > 0 ? RecordPosition(epoch: epoch, seq: goal) : nil)
    }

    private func tell(_ topic: Topic, _ document: some Encodable) {
        guard let payload = try? FleetJSON.encode(document) else { return }
        // A failure is the connection's, which `serve` meets as well.
        try? publish(
            topic.name(in: ControllerProcess.fleet), String(decoding: payload, as: UTF8.self), qos: 1, retain: true)
    }
}

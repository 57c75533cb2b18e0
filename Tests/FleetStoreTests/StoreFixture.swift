import FleetModel
import FleetRuntime
import FleetStore
import FleetTestSupport
import FoundationEssentials

/// A store in a directory of its own, on a clock that stands still, and the words of hosts to feed it with.
final class StoreFixture: Sendable {
    let directory: String
    let time: ManualTimeSource
    let store: FleetStore
    private let temporary: TemporaryDirectory?

    convenience init() throws { try self.init(TemporaryDirectory(), ManualTimeSource()) }

    private init(_ temporary: TemporaryDirectory, _ time: ManualTimeSource) throws {
        self.temporary = temporary
        self.time = time
        directory = temporary.path
        store = try Self.open(directory, time)
    }

    /// In a directory that somebody else owns.
    init(directory: String, time: ManualTimeSource = ManualTimeSource()) throws {
        temporary = nil
        self.time = time
        self.directory = directory
        store = try Self.open(directory, time)
    }

    static func open(_ directory: String, _ time: ManualTimeSource, fleet: String = "test") throws -> FleetStore {
        try FleetStore(
            directory: directory, fleet: FleetName(fleet)!, time: time, logger: Logger(label: "test", level: .error))
    }

    func host(_ name: String = "bench-1", keys: [VerifyingKey] = []) async throws -> HostResource {
        try await store.addHost(
            ResourceName(name)!, busPasswordHash: "hash of \(name)", imageTokenHash: "token of \(name)", keys: keys,
            by: "tester")
    }

    /// A job for tests; IDs grow.
    func job(_ number: Int, host: HostID, arguments: JSONValue = .object([:]), hours: Double = 24) async throws
        -> JobResource
    {
        try await store.planJob(
            JobID("01ARZ3NDEKTSV4RRFFQ69G" + String(1000 + number))!, host: host, kind: "vm.start",
            arguments: arguments, expiresAt: time.now() + hours * 3600, by: "tester")
    }

    func arrival(_ host: HostID, _ content: Arrival.Content, retained: Bool = false) -> Arrival {
        Arrival(
            host: host, receivedAt: time.now(), retained: retained, content: content, topic: "topic",
            payload: Array("payload".utf8))
    }

    func record(
        _ host: HostID, _ epoch: EpochID, _ seq: UInt64, first: UInt64 = 1, type: EventType = .vmLifecycle,
        report: JobReport? = nil
    ) throws -> Arrival {
        let header = StreamHeader(
            epoch: epoch, seq: seq, first: first, time: time.now(), bootID: "boot", uptime: 1, type: type)
        let members = try FleetJSON.value(header)
        guard case .object(var object) = members else { throw FixtureProblem.notAnObject }
        object["body"] = try report.map(FleetJSON.value) ?? .object(["seq": .integer(Int64(seq))])
        let text = String(decoding: try FleetJSON.encode(JSONValue.object(object)), as: UTF8.self)
        return arrival(host, .record(header, text: text, report: report))
    }

    func report(_ host: HostID, _ epoch: EpochID, _ seq: UInt64, _ report: JobReport) throws -> Arrival {
        try record(host, epoch, seq, type: .jobStatus, report: report)
    }

    func presence(
        _ state: Presence.State = .online, session: SessionID = .random(), acked: StreamPosition? = nil,
        jobsRevision: UInt64 = 0, inventory: [InventoryPart: Digest] = [:], vms: [VMID]? = nil,
        recorded: RecordPosition? = nil
    ) -> Presence {
        Presence(
            state: state, session: session, agentVersion: "1.0", bootID: "boot", time: time.now(), acked: acked,
            jobsRevision: jobsRevision, inventory: inventory, vms: vms, recorded: recorded)
    }

    /// What would be published for the host now, as if the broker had taken it.
    func publish(_ host: HostID, keys: [VerifyingKey] = []) async throws -> JobSet? {
        let batch = try await store.jobSetsToPublish(for: [host], keys: keys) { [UInt8](try FleetJSON.encode($0)) }
        guard let set = batch.sets.first else { return nil }
        await store.jobSetsPublished([set])
        return try FleetJSON.decode(JobSet.self, from: Data(set.envelope))
    }

    func vm(_ name: String, id: VMID = .random()) -> VMDocument {
        VMDocument(
            id: id, name: name, state: .running, memoryBytes: 1 << 30, vcpus: 2, persistent: true, autostart: false)
    }
}

enum FixtureProblem: Error { case notAnObject }

import FleetModel
import FleetRuntime
import FleetStore
import FleetTestSupport
import FoundationEssentials
import Glibc
import HTTPClient
import Signing
import Synchronization
import Testing

@testable import FleetServer

/// A controller's API on a store of its own.
final class APIFixture: Sendable {
    static let token = "a-token-of-the-test"
    static let vm = VMID("0b7cb6f9-0000-4000-8000-000000000001")!

    let directory: TemporaryDirectory
    let time = ManualTimeSource()
    let metrics = MetricsRegistry()
    let store: FleetStore
    let uploads: UploadStore
    let images: ImageCatalogue
    let services: APIServices
    let api: API
    let surroundings = Surroundings()

    init(uploadLimits: UploadStore.Limits? = nil) throws {
        directory = try TemporaryDirectory()
        var limits = uploadLimits ?? UploadStore.Limits()
        if uploadLimits == nil { limits.reserveBytes = 0 }
        store = try FleetStore(
            directory: directory.path, fleet: try #require(FleetName("test")), time: time, logger: quiet)
        uploads = try UploadStore(directory: directory.file("uploads"), limits: limits, time: time)
        images = try ImageCatalogue(directory: directory.file("images"), store: store, uploads: uploads, logger: quiet)
        services = APIServices(
            store: store, uploads: uploads, images: images,
            enrolment: HostEnrolment(
                hashBusPassword: { "hash of \($0)" },
                agentConfiguration: {
                    "host: \($0.host)\npassword: \($0.busPassword)\nimages: \($0.imageToken)\nkeys: \($0.keys)\n"
                },
                credentialsChanged: { [surroundings] in
                    if surroundings.brokerIsGone.withLock({ $0 }) { throw ClientGone() }
                    surroundings.renewals.withLock { $0 += 1 }
                }),
            keys: try ControllerKeys(path: directory.file("signing.pem")), metrics: metrics, time: time,
            obstacles: { [surroundings] in surroundings.obstacles.withLock { $0 } })
        api = API(services: services, token: Self.token)
    }

    /// What lies around the API: the broker, and what else must be ready.
    final class Surroundings: Sendable {
        /// How often the broker's credentials were renewed.
        let renewals = Mutex(0)
        let brokerIsGone = Mutex(false)
        let obstacles = Mutex<[String]>([])
    }

    /// Registers a host, and lets it describe a VM and send metrics.
    func addHost(_ name: String, vm: VMID? = nil) async throws -> HostID {
        let host = try await store.addHost(
            try #require(ResourceName(name)), busPasswordHash: "-", imageTokenHash: APIAccess.hash("secret"),
            keys: services.keys.current.verifyingKeys, by: "test"
        ).id
        if let vm {
            let document = VMDocument(
                id: vm, name: "plc-lab", state: .running, memoryBytes: 4 << 30, vcpus: 4, persistent: true,
                autostart: false)
            try await commit([arrival(from: host, .vm(document))])
        }
        return host
    }

    /// A host tells what it is and what its VMs are.
    func describe(_ host: HostID, _ inventory: [InventoryPart: JSONValue], vms: [VMDocument]) async throws {
        let parts = try inventory.map { part, document in
            let json = try FleetJSON.encode(document)
            return Arrival.Content.inventory(
                part, digest: SHA256Hasher.digest(of: Array(json)), document: String(decoding: json, as: UTF8.self))
        }
        try await commit((parts + vms.map(Arrival.Content.vm)).map { arrival(from: host, $0) })
    }

    func tell(_ presence: Presence, _ host: HostID) async throws {
        try await commit([arrival(from: host, .presence(presence))])
    }

    func send(metrics: MetricsBatch, from host: HostID) async throws {
        try await store.series.append([ReceivedMetrics(host: host, receivedAt: time.now(), batch: metrics)])
    }

    /// Records arrive from a host; their bodies say `what`.
    func addEvents(_ what: [String], from host: HostID, epoch: EpochID = .random(), first: UInt64 = 1) async throws {
        try await commit(
            what.enumerated().map { index, what in
                let header = StreamHeader(
                    epoch: epoch, seq: first + UInt64(index), first: 1, time: time.now(), bootID: "boot", uptime: 1,
                    type: .agentStarted)
                return arrival(from: host, .record(header, text: try Self.text(header, what), report: nil))
            })
    }

    private static func text(_ header: StreamHeader, _ what: String) throws -> String {
        guard case .object(var members) = try FleetJSON.value(header) else { return "" }
        members["body"] = try FleetJSON.value(HostEvent(what: what, message: ""))
        return String(decoding: try FleetJSON.encode(members), as: UTF8.self)
    }

    private func arrival(from host: HostID, _ content: Arrival.Content) -> Arrival {
        Arrival(host: host, receivedAt: time.now(), retained: false, content: content, topic: "", payload: [])
    }

    private func commit(_ arrivals: [Arrival]) async throws { _ = try await store.commit(arrivals) }
}

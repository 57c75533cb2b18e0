import FleetModel
import FleetRuntime
import FleetStore
import FoundationEssentials
import MessageBus

/// Asks hosts for the documents that their presence names and the store has not. Documents that are on their way get
/// time to arrive; a host that does not answer is asked ever more rarely, until its next presence.
actor DocumentHealing {
    /// `inventory.publish` expires after this.
    private static let expiry: Duration = .seconds(30)
    private static let firstDelay: Duration = .seconds(10)
    private static let attempts = 6
    private static let interval: Duration = .seconds(1)

    private struct Check {
        var due: Duration
        var attempt = 0
    }

    private let publisher: Publisher
    private let store: FleetStore
    private let time: any TimeSource
    private let logger: Logger
    private var checks: [HostID: Check] = [:]

    init(bus: any Bus, store: FleetStore, time: any TimeSource, logger: Logger) {
        publisher = Publisher(bus: bus)
        self.store = store
        self.time = time
        self.logger = logger
    }

    /// These hosts are online; what they have shall be here soon.
    func expect(_ hosts: Set<HostID>) {
        for host in hosts { checks[host] = Check(due: time.monotonic() + Self.firstDelay) }
    }

    func run() async {
        while (try? await time.sleep(for: Self.interval)) != nil { await askDue() }
    }

    private func askDue() async {
        let now = time.monotonic()
        var requests: [BusMessage] = []
        for (host, check) in checks where check.due <= now {
            do throws(StoreError) {
                guard let missing = try await store.missingDocuments(of: host), check.attempt < Self.attempts else {
                    checks[host] = nil
                    continue
                }
                logger.with("host", host).info(
                    "asking for documents: \(missing.parts.map(\.rawValue)), VMs: \(missing.vms)")
                if let request = request(missing.parts, to: host) { requests.append(request) }
            } catch {
                logger.with("host", host).warning("cannot tell which documents are missing: \(error)")
            }
            checks[host] = Check(due: now + Self.expiry * (1 << check.attempt), attempt: check.attempt + 1)
        }
        // One that is not taken is asked again like one that is not answered.
        _ = await publisher.publish(requests)
    }

    private func request(_ parts: [InventoryPart], to host: HostID) -> BusMessage? {
        let request = Request(
            call: .publishInventory, parts: parts, expiresAt: time.now() + Self.expiry.seconds)
        guard let payload = try? FleetJSON.encode(request) else { return nil }
        return BusMessage(
            topic: Topic.request(host).name(in: store.fleet), payload: [UInt8](payload), qos: .atLeastOnce,
            responseTopic: Topic.reply(host).name(in: store.fleet),
            correlationData: Array("inventory".utf8), expirySeconds: UInt32(Self.expiry.components.seconds))
    }
}

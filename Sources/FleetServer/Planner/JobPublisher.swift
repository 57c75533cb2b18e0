import FleetModel
import FleetRuntime
import FleetStore
import FoundationEssentials
import MessageBus
import Signing

/// Keeps `down/<host>/jobs` what it should be: level-triggered, signed, at most once a second per host. The store
/// decides what a set holds; this carries it to the broker. It also clears what the broker keeps of hosts that are not registered.
public actor JobPublisher: Service {
    public nonisolated let name = "job-publisher"
    private static let interval: Duration = .seconds(1)
    private static let silenceInterval: Duration = .seconds(30)
    /// Sets that are made in one transaction and published together. Between two of them it is the turn of whatever else is to be
    /// written, such as the reports of hosts that have begun.
    private static let batch = 500

    private let bus: any Bus
    private let store: FleetStore
    private let keys: ControllerKeys
    private let time: any TimeSource
    private let logger: Logger
    private var waiting: Set<HostID> = []
    private var publishedAt: [HostID: Duration] = [:]
    private var clearing: [BusMessage] = []
    private var nextLookForSilence: Duration = .zero

    public init(bus: any Bus, store: FleetStore, keys: ControllerKeys, time: any TimeSource, logger: Logger) {
        self.bus = bus
        self.store = store
        self.keys = keys
        self.time = time
        self.logger = logger
    }

    public nonisolated func run() async throws {
        let wake = store.jobSetNotifications()
        await withDiscardingTaskGroup { group in
            group.addTask {
                while (try? await self.time.sleep(for: Self.interval)) != nil {
                    await self.tick()
                    wake.send(0)
                }
            }
            repeat {
                guard let delay = await publishDue() else { continue }
                group.addTask { if (try? await self.time.sleep(for: delay)) != nil { wake.send(0) } }
            } while await wake.next() != nil
            group.cancelAll()
        }
    }

    /// Looks for jobs whose time has passed, and for silent ones.
    package func tick() async {
        do { try await store.tickJobs() } catch { logger.warning("cannot look for expired jobs: \(error)") }
        guard time.monotonic() >= nextLookForSilence else { return }
        nextLookForSilence = time.monotonic() + Self.silenceInterval
        do {
            for job in try await store.presumeSilentJobsLost() {
                logger.with("host", job.host).with("job", job.id).warning("presumed lost: \(job.message ?? "")")
            }
        } catch {
            logger.warning("cannot look for silent jobs: \(error)")
        }
    }

    /// - Returns: when the next set that waits for its second to be over is due; nil when none waits.
    package func publishDue() async -> Duration? {
        waiting.formUnion(await store.takeChangedJobSets())
        await clearLeftovers()
        let now = time.monotonic()
        let due = Array(waiting.filter { host in publishedAt[host].map { now >= $0 + Self.interval } ?? true })
        publishedAt = publishedAt.filter { now < $0.value + Self.interval }

        var made: [SignedDocument] = []
        for start in stride(from: 0, to: due.count, by: Self.batch) {
            let before = made
            // While the broker takes some, the next are made.
            async let delivery: Void = deliver(before, at: now)
            made = await make(due[start..<min(start + Self.batch, due.count)], at: now)
            await delivery
        }
        await deliver(made, at: now)
        return waiting.compactMap { publishedAt[$0] }.min().map { $0 + Self.interval - now }
    }

    private func make(_ hosts: ArraySlice<HostID>, at now: Duration) async -> [SignedDocument] {
        let ring = keys.current
        waiting.subtract(hosts)
        do throws(StoreError) {
            let batch = try await store.jobSetsToPublish(for: hosts, keys: ring.verifyingKeys, sign: ring.seal)
            for (host, error) in batch.failures { postpone([host], at: now, error) }
            return batch.sets
        } catch {
            // What is wrong with one host's record keeps no other from its set.
            guard hosts.count == 1 else {
                let middle = hosts.startIndex + hosts.count / 2
                return await make(hosts[..<middle], at: now) + make(hosts[middle...], at: now)
            }
            postpone(hosts, at: now, error)
            return []
        }
    }

    private func deliver(_ sets: [SignedDocument], at now: Duration) async {
        guard !sets.isEmpty else { return }
        let failed = Set(await Publisher(bus: bus).publish(sets.map(message)))
        var published: [SignedDocument] = []
        for (index, set) in sets.enumerated() {
            publishedAt[set.host] = now
            if failed.contains(index) {
                waiting.insert(set.host)
            } else {
                logger.with("host", set.host).info("published job set \(set.revision)")
                published.append(set)
            }
        }
        await store.jobSetsPublished(published)
    }

    private func postpone(_ hosts: some Sequence<HostID>, at now: Duration, _ error: any Error) {
        for host in hosts {
            logger.with("host", host).warning("cannot make the job set: \(error)")
            waiting.insert(host)
            publishedAt[host] = now
        }
    }

    private func message(_ set: SignedDocument) -> BusMessage {
        BusMessage(
            topic: Topic.jobs(set.host).name(in: store.fleet), payload: set.envelope, qos: .atLeastOnce, retain: true)
    }

    /// An empty retained message takes the place of each that the broker may keep.
    private func clearLeftovers() async {
        for host in await store.takeRemovedHosts() {
            waiting.remove(host.id)
            let topics =
                [Topic.jobs(host.id), .ack(host.id), .desired(host.id), .presence(host.id)]
                + InventoryPart.allCases.map { .inventory(host.id, $0) } + host.vms.map { .vm(host.id, $0) }
            clearing += topics.map { Self.clearance($0.name(in: store.fleet)) }
        }
        clearing += await store.takeStrayTopics().map(Self.clearance)
        guard !clearing.isEmpty else { return }
        let messages = clearing
        clearing = await Publisher(bus: bus).publish(messages).map { messages[$0] }
    }

    private static func clearance(_ topic: String) -> BusMessage {
        BusMessage(topic: topic, payload: [], qos: .atLeastOnce, retain: true)
    }
}

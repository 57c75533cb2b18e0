import FleetFiles
import FleetModel
import FleetRuntime
import FleetStore
import FoundationEssentials
import MessageBus
import Recurrence
import Signing

/// Keeps `down/<host>/desired` what it should be: level-triggered, signed. It expands policies to times, for each host by its
/// clock; the store decides whether that is news.
public actor DesiredPublisher: Service {
    public nonisolated let name = "desired-publisher"
    /// Labels, time zones and the calendar change without a word.
    private static let interval = Duration.seconds(300)
    /// When what did not succeed is tried again.
    private static let patience = Duration.seconds(10)
    /// What hosts have in common that shall do the same.
    private struct Likeness: Hashable {
        var policies: [ResourceName]
        var timeZone: String?
    }

    private let bus: any Bus
    private let store: FleetStore
    private let keys: ControllerKeys
    private let time: any TimeSource
    private let logger: Logger

    public init(bus: any Bus, store: FleetStore, keys: ControllerKeys, time: any TimeSource, logger: Logger) {
        self.bus = bus
        self.store = store
        self.keys = keys
        self.time = time
        self.logger = logger
    }

    public nonisolated func run() async throws {
        let wake = store.desiredNotifications()
        await withDiscardingTaskGroup { group in
            group.addTask {
                while (try? await self.time.sleep(for: Self.interval)) != nil { wake.send(0) }
            }
            repeat {
                guard await !publish() else { continue }
                group.addTask { if (try? await self.time.sleep(for: Self.patience)) != nil { wake.send(0) } }
            } while await wake.next() != nil
            group.cancelAll()
        }
    }

    /// - Returns: whether every host's state is published.
    private func publish() async -> Bool {
        do {
            let ring = keys.current
            var isComplete = true
            let policies = try await appliedPolicies()
            let zones = try await store.timeZones()
            var wanted: [Likeness: DesiredPolicies] = [:]
            var cursor: String?
            repeat {
                let page = try await store.hosts(after: cursor, limit: 500)
                var states: [SignedDocument] = []
                for host in page.items {
                    let zone = zones[host.id]
                    let mine = policies.filter { $0.policy.concerns(host) && !$0.lacksTimeZone(zone) }
                        .prefix(DesiredState.maximumPolicies)
                    let likeness = Likeness(policies: mine.map(\.name), timeZone: zone)
                    let all = try wanted[likeness] ?? DesiredPolicies(expand(Array(mine), zone))
                    wanted[likeness] = all
                    if let state = try await store.desiredToPublish(
                        for: host.id, all, keys: ring.verifyingKeys, sign: ring.seal)
                    {
                        states.append(state)
                    }
                }
                if await !publish(states) { isComplete = false }
                cursor = page.nextCursor
            } while cursor != nil
            return isComplete
        } catch {
            logger.warning("cannot make what hosts shall do by themselves, will try again: \(error)")
            return false
        }
    }

    /// Those that are understood, and whose templates there are.
    private func appliedPolicies() async throws -> [AppliedPolicy] {
        var applied: [AppliedPolicy] = []
        for resource in try await store.policies() {
            do {
                let policy = try Policy(document: resource.document)
                applied.append(
                    AppliedPolicy(
                        name: resource.name, policy: policy, image: try await policy.image(in: store),
                        since: resource.updatedAt))
            } catch let invalid as InvalidDocument {
                logger.warning("policy \(resource.name) is not understood: \(invalid)")
            } catch let problem as Problem {
                logger.warning("policy \(resource.name) is left out: \(problem.detail ?? problem.title)")
            }
        }
        return applied
    }

    /// A host may name a time zone that this machine does not know: it goes without those policies.
    private func expand(_ policies: [AppliedPolicy], _ hostZone: String?) -> PolicySet {
        let expansion = PolicyExpansion(of: policies, hostZone: hostZone, at: time.now())
        for (name, problem) in expansion.leftOut { logger.warning("policy \(name) is left out: \(problem)") }
        return expansion.policies
    }

    private func publish(_ states: [SignedDocument]) async -> Bool {
        let messages = states.map { state in
            BusMessage(
                topic: Topic.desired(state.host).name(in: store.fleet), payload: state.envelope, qos: .atLeastOnce,
                retain: true)
        }
        let failed = Set(await Publisher(bus: bus).publish(messages))
        let published = states.indices.filter { !failed.contains($0) }.map { states[$0] }
        for state in published { logger.with("host", state.host).info("published desired state \(state.revision)") }
        await store.desiredPublished(published)
        return failed.isEmpty
    }
}

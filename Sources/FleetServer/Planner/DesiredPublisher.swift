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
    /// What a host knows reaches so far at least; it is told more each day.
    private static let horizon = 120 * day
    private static let day = 86_400.0
    /// Of all its policies: a desired state has room for so many. Three hourly policies still reach 90 days with that.
    static let maximumTimes = 7000

    private struct Applied {
        var name: ResourceName
        var policy: Policy
        /// Nothing of before was missed.
        var since: Date
    }

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
            let policies = try await store.policies().compactMap(understood)
            let zones = try await store.timeZones()
            var wanted: [Likeness: DesiredPolicies] = [:]
            var cursor: String?
            repeat {
                let page = try await store.hosts(after: cursor, limit: 500)
                var states: [SignedDocument] = []
                for host in page.items {
                    let zone = zones[host.id]
                    let mine = policies.filter { $0.policy.concerns(host) && !$0.policy.lacksTimeZone(zone) }
                        .prefix(DesiredState.maximumPolicies)
                    let likeness = Likeness(policies: mine.map(\.name), timeZone: zone)
                    let all = try wanted[likeness] ?? DesiredPolicies(expand(mine, zone))
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

    private func understood(_ resource: DocumentResource) -> Applied? {
        do {
            return Applied(
                name: resource.name, policy: try Policy(document: resource.document), since: resource.updatedAt)
        } catch {
            logger.warning("policy \(resource.name) is not understood: \(error)")
            return nil
        }
    }

    /// From the day's begin, so that it stays the same for a day. The day before is in it for hosts that have still to make good
    /// what they missed. A host may name a time zone that this machine does not know: it goes without those policies.
    private func expand(_ policies: ArraySlice<Applied>, _ hostZone: String?) -> [SnapshotPolicy] {
        let now = time.now().timeIntervalSince1970
        let today = Date(timeIntervalSince1970: (now / Self.day).rounded(.down) * Self.day)
        return policies.compactMap { applied in
            do {
                let reach = max(Self.day, applied.policy.grace.duration.seconds)
                let times = try ScheduleCalendar(applied.policy, hostZone: hostZone).times(
                    from: max(applied.since, today - reach), until: today + Self.horizon,
                    limit: Self.maximumTimes / policies.count)
                return SnapshotPolicy(applied.name, applied.policy, times: times)
            } catch {
                logger.warning("policy \(applied.name) is left out: \(error)")
                return nil
            }
        }
    }

    private func publish(_ states: [SignedDocument]) async -> Bool {
        let messages = states.map { state in
            BusMessage(
                topic: Topic.desired(state.host).name(in: store.fleet), payload: state.envelope, qos: .atLeastOnce,
                retain: true)
        }
        let failed = Set(await Publisher(bus: bus).publish(messages))
        for (index, state) in states.enumerated() where !failed.contains(index) {
            logger.with("host", state.host).info("published desired state \(state.revision)")
            await store.desiredPublished(state)
        }
        return failed.isEmpty
    }
}

extension SnapshotPolicy {
    init(_ name: ResourceName, _ policy: Policy, times: [Date]) {
        self.init(
            name: name, profiles: policy.profiles.isEmpty ? nil : policy.profiles,
            vms: policy.vms.isEmpty ? nil : policy.vms, times: times,
            graceSeconds: Int(policy.grace.duration.seconds), keep: policy.keep,
            minimumFreeMiB: policy.minimumFreeMiB == 0 ? nil : UInt64(policy.minimumFreeMiB), memory: policy.memory)
    }
}

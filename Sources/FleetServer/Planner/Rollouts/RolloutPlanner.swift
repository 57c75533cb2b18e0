import FleetFiles
import FleetModel
import FleetRuntime
import FleetStore
import FoundationEssentials
import Recurrence
import Rollouts

/// Computes what a rollout would do on which host, from what the controller knows of each.
struct RolloutPlanner: Sendable {
    let store: FleetStore
    let time: any TimeSource

    /// - Throws: a `Problem` when the document is not right, or names what there is not.
    func plan(_ name: ResourceName, _ given: [String: JSONValue]) async throws -> RolloutPlan {
        let intent: RolloutIntent
        do {
            intent = try RolloutIntent(document: given)
        } catch {
            throw Problem.unprocessable(
                "bad-rollout",
                "rollout '\(name)' was not planned, for its document is not right: "
                    + error.problems.joined(separator: "; "))
        }
        let window = try await window(intent)
        let zones = try await store.timeZones()
        var entries: [RolloutPlan.Entry] = []
        var cursor: String?
        repeat {
            let page = try await store.hosts(after: cursor, limit: 500)
            for host in page.items {
                if let entry = try await entry(intent, host, window, zones[host.id]) { entries.append(entry) }
            }
            cursor = page.nextCursor
        } while cursor != nil
        let fitting = entries.filter { $0.tasks.obstacle == nil }
        return RolloutPlan(
            name: name, intent: intent, document: try intent.document(),
            entries: fitting.filter(\.isCanary) + fitting.filter { !$0.isCanary }
                + entries.filter { $0.tasks.obstacle != nil },
            windows: try window.map { try windows($0, intent, Set(fitting.map(\.zone))) })
    }

    /// When hosts may begin from now on, by time zone; nil without a window.
    func windows(of rollout: RolloutResource) async throws -> [String: [Occurrence]]? {
        let intent = try RolloutIntent(document: rollout.intent)
        guard let window = try await window(intent) else { return nil }
        return try windows(window, intent, Set(try await store.timeZones().values.map(Optional.some)).union([nil]))
    }

    private func window(_ intent: RolloutIntent) async throws -> Window? {
        guard let name = intent.window else { return nil }
        do {
            return try Window(document: try await store.document(.window, name).document)
        } catch let error as StoreError {
            guard case .notFound = error else { throw error }
            throw Problem.unprocessable(
                "unknown-window", "there is no window '\(name)'; 'virtfleet window list' shows those there are")
        }
    }

    private func windows(
        _ window: Window, _ intent: RolloutIntent, _ zones: Set<String?>
    ) throws -> [String: [Occurrence]] {
        let now = time.now()
        var windows: [String: [Occurrence]] = [:]
        for zone in zones {
            windows[zone ?? ""] = try WindowCalendar(window, hostZone: zone).startTimes(
                from: now, until: now + intent.deadline.duration.seconds)
        }
        return windows
    }

    /// - Returns: nil for a host that is not meant.
    private func entry(
        _ intent: RolloutIntent, _ known: HostResource, _ window: Window?, _ zone: String?
    ) async throws -> RolloutPlan.Entry? {
        let asked = intent.hosts.members.union(intent.canary.hosts.members)
        let needsInventory =
            intent.kind == JobKindName.vmClone.rawValue
            || InventoryPart.allCases.contains { asked.contains($0.rawValue) }
        let host = needsInventory ? try await store.host(known.id.description) : known
        let vms = try await HostDocuments.vms(of: host, in: store)
        let facts = HostFacts(host, vms: vms, now: time.now())
        guard intent.hosts.matches(facts) else { return nil }
        let isCanary = intent.canary.hosts != .everything && intent.canary.hosts.matches(facts)
        if let window, window.lacksTimeZone(zone) {
            let obstacle = PlacementObstacle(
                reason:
                    "Window '\(intent.window?.description ?? "")' goes by its own time zone, which it has not told.",
                fix: "Start or update its agent, or name a zone in the window.")
            return RolloutPlan.Entry(
                host: host, zone: zone, isCanary: isCanary, tasks: RolloutTasks(obstacle: obstacle))
        }
        return RolloutPlan.Entry(
            host: host, zone: window == nil ? nil : zone, isCanary: isCanary,
            tasks: try await RolloutTasks(intent, on: host, vms: vms, in: store))
    }
}

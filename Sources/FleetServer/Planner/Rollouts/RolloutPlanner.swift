import FleetFiles
import FleetModel
import FleetRuntime
import FleetStore
import FoundationEssentials
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
        var windows = try await RolloutWindows(of: intent, from: time.now(), in: store)
        let zones = try await store.timeZones()
        var entries: [RolloutPlan.Entry] = []
        var cursor: String?
        repeat {
            let page = try await store.hosts(after: cursor, limit: 500)
            let vms = try await store.vmDocuments(of: page.items.map(\.id))
            for host in page.items {
                let entry = try await entry(intent, host, vms[host.id] ?? [], &windows, zones[host.id])
                if let entry { entries.append(entry) }
            }
            cursor = page.nextCursor
        } while cursor != nil
        let fitting = entries.filter { $0.tasks.obstacle == nil }
        return RolloutPlan(
            name: name, intent: intent, document: try intent.document(),
            entries: fitting.filter(\.isCanary) + fitting.filter { !$0.isCanary }
                + entries.filter { $0.tasks.obstacle != nil },
            windows: windows?.times)
    }

    /// When hosts may begin what a rollout asks if its deadline begins anew, by time zone; nil without a window.
    func windows(of rollout: RolloutResource) async throws -> [String: [Occurrence]]? {
        let intent = try RolloutIntent(document: rollout.intent)
        guard var windows = try await RolloutWindows(of: intent, from: time.now(), in: store) else { return nil }
        // One that says nothing for a host has no times there.
        for zone in Set(try await store.timeZones().values) { _ = try? windows.zone(on: zone) }
        _ = try? windows.zone(on: nil)
        return windows.times
    }

    /// - Returns: nil for a host that is not meant.
    private func entry(
        _ intent: RolloutIntent, _ known: HostResource, _ vms: [VMDocument], _ windows: inout RolloutWindows?,
        _ hostZone: String?
    ) async throws -> RolloutPlan.Entry? {
        let asked = intent.hosts.members.union(intent.canary.hosts.members)
        let needsInventory =
            intent.kind == JobKindName.vmClone.rawValue
            || InventoryPart.allCases.contains { asked.contains($0.rawValue) }
        let host = needsInventory ? try await store.host(known.id.description) : known
        let facts = HostFacts(host, vms: vms, now: time.now())
        guard intent.hosts.matches(facts) else { return nil }
        let isCanary = intent.canary.hosts != .everything && intent.canary.hosts.matches(facts)
        do {
            return RolloutPlan.Entry(
                host: known, zone: try windows?.zone(on: hostZone), isCanary: isCanary,
                tasks: try await RolloutTasks(intent, on: host, vms: vms, in: store))
        } catch let unknown as RolloutWindows.Unknown {
            return RolloutPlan.Entry(
                host: known, zone: nil, isCanary: isCanary, tasks: RolloutTasks(obstacle: unknown.obstacle))
        }
    }
}

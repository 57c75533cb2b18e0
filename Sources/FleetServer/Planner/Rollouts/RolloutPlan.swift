import FleetFiles
import FleetModel
import FleetStore
import FoundationEssentials
import Rollouts
import Signing

/// What a rollout would do, computed and not yet begun: the same for the same fleet.
struct RolloutPlan: Sendable {
    /// One host that the selection meets.
    struct Entry: Sendable {
        var host: HostResource
        var zone: String?
        var isCanary: Bool
        var tasks: RolloutTasks

        var target: RolloutTarget {
            RolloutTarget(
                host: host.id, zone: zone, arguments: tasks.arguments, obstacle: tasks.obstacle?.reason)
        }
    }

    let name: ResourceName
    let intent: RolloutIntent
    let document: [String: JSONValue]
    /// In the order of their turns; those that cannot do it last.
    let entries: [Entry]
    /// When hosts may begin, by time zone; nil without a window.
    let windows: [String: [Occurrence]]?

    /// What it is bound to by its hash: what is wanted, of whom, and who cannot do it. Neither time nor who is online is.
    private struct Bound: Encodable {
        var name: ResourceName
        var intent: [String: JSONValue]
        var targets: [RolloutTarget]
    }

    func hash() throws -> Digest {
        let bound = Bound(name: name, intent: document, targets: entries.map(\.target))
        return SHA256Hasher.digest(of: [UInt8](try FleetJSON.encode(bound)))
    }

    func definition() throws -> RolloutDefinition {
        RolloutDefinition(
            name: name, intent: document, plan: try hash(), kind: intent.kind, rules: intent.rules,
            requirements: Set(intent.requirements).sorted(),
            notice: intent.jobNotice,
            window: intent.window, windows: windows, deadlineSeconds: Int(intent.deadline.duration.components.seconds),
            approvals: intent.approvals, isContinuous: intent.continuous)
    }

    func resource(at now: Date) throws -> RolloutPlanResource {
        let count = entries.count { $0.tasks.obstacle == nil }
        return RolloutPlanResource(
            plan: try hash(), intent: document, waves: intent.rules.sizes(of: count),
            hosts: entries.map { entry in
                RolloutPlanResource.Host(
                    host: entry.host.id, hostName: entry.host.name, hostState: entry.host.state,
                    lastSeenAt: entry.host.lastSeenAt, changes: entry.tasks.changes, bytes: entry.tasks.bytes,
                    window: windows?[entry.zone ?? ""]?.first { $0.end > now }, obstacle: entry.tasks.obstacle)
            })
    }
}

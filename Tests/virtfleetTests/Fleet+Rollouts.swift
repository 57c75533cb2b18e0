import FleetModel
import FoundationEssentials

extension Fleet {
    private static let opening = Date(timeIntervalSince1970: 1_800_000_000)

    /// Anna's laptop can do it, Ben's cannot.
    static let rolloutPlan = RolloutPlanResource(
        plan: digest, intent: ["kind": .string("vm.update")], waves: [1, 2],
        hosts: [
            RolloutPlanResource.Host(
                host: anna, hostName: hosts[0].name, hostState: .online, lastSeenAt: now,
                changes: ["update VM office to windows:2026-12", "update VM plc-line-4 to windows:2026-12"],
                bytes: 3 << 30, window: Occurrence(start: opening, end: opening + 6 * 3600), obstacle: nil),
            RolloutPlanResource.Host(
                host: ben, hostName: hosts[1].name, hostState: .offline, lastSeenAt: now - 12_000, changes: [],
                bytes: 1 << 40, window: nil,
                obstacle: PlacementObstacle(
                    reason: "/var has 1 GiB free, 4 GiB are needed", fix: "Delete snapshots of VM office.")),
        ])

    static func rollout(
        _ state: RolloutState, _ hosts: [RolloutHostState: Int] = [.succeeded: 2, .failed: 1, .pending: 4, .unfit: 1],
        at time: Date = now, reason: String? = nil, abort: String = "finish", approvedBy: [String] = []
    ) -> RolloutResource {
        RolloutResource(
            name: ResourceName("office-update")!,
            intent: ["kind": .string("vm.update"), "abort": .string(abort)], plan: digest, state: state,
            reason: reason, wave: 2, waves: 3, soakUntil: state == .soaking ? opening : nil,
            deadline: opening + 86_400, hosts: hosts, createdAt: time, createdBy: "anna", updatedAt: now,
            approvedBy: approvedBy, approvals: 2)
    }

    static let rolloutHosts = [
        RolloutHostResource(
            host: anna, hostName: hosts[0].name, hostState: .online, lastSeenAt: now, state: .failed, wave: 1,
            attempts: 2, misses: 0, jobs: [job], reason: "no-space",
            message: "/var has 1 GiB free, 4 GiB are needed", updatedAt: now),
        RolloutHostResource(
            host: ben, hostName: hosts[1].name, hostState: .offline, lastSeenAt: now - 12_000, state: .pending,
            wave: nil, attempts: 0, misses: 3, jobs: [], reason: nil, message: nil, updatedAt: now),
    ]
}

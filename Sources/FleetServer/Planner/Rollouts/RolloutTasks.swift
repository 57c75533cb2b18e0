import FleetFiles
import FleetModel
import FleetStore
import FoundationEssentials
import Placement
import Rollouts

/// What a rollout would ask of one host, or why it cannot.
struct RolloutTasks: Sendable {
    /// Of each job.
    var arguments: [JSONValue] = []
    /// For people: one line for each job.
    var changes: [String] = []
    /// What has to be transferred at most.
    var bytes: UInt64 = 0
    var obstacle: PlacementObstacle?

    init(obstacle: PlacementObstacle) { self.obstacle = obstacle }

    /// - Parameters:
    ///   - host: with its inventory.
    ///   - vms: all of its VMs.
    init(_ intent: RolloutIntent, on host: HostResource, vms: [VMDocument], in store: FleetStore) async throws {
        obstacle = nil
        do {
            if intent.kind == JobKindName.vmClone.rawValue {
                try await addClone(intent, host, vms, store)
            } else {
                try await addJobs(intent, host, vms, store)
            }
        } catch let problem as Problem {
            self = RolloutTasks(obstacle: PlacementObstacle(reason: problem.detail ?? problem.title))
        }
    }

    private mutating func addClone(
        _ intent: RolloutIntent, _ host: HostResource, _ vms: [VMDocument], _ store: FleetStore
    ) async throws {
        let value = try await JobPlanner(store: store).arguments(of: request(intent, host, vm: nil), for: host)
        let clone = try FleetJSON.decode(CloneArguments.self, from: value)
        if vms.contains(where: { $0.name == clone.name.description }) {
            obstacle = PlacementObstacle(
                reason: "It has a VM named '\(clone.name)' already.",
                fix: "Delete or rename that, or choose another name.")
            return
        }
        if let version = clone.profileVersion {
            let profile = try Profile(document: version.document)
            let vm = ProfileVM(
                needs: ProfileNeeds(clone.profile, profile),
                demand: profile.demand(of: .random(), named: clone.name.description))
            let fit = try await PlanRoutes.fit(vm, on: host, store)
            if fit.answer == .doesNotFit || fit.answer == .unknown {
                obstacle = PlacementObstacle(
                    reason: fit.obstacles.map(\.reason).joined(separator: " "), fix: fit.nearestFix)
                return
            }
        }
        arguments.append(value)
        let image = clone.image
        changes.append("clone \(clone.name) of \(image.template) \(image.version), profile \(clone.profile)")
        bytes += Self.bytesToFetch(image, vms)
    }

    private mutating func addJobs(
        _ intent: RolloutIntent, _ host: HostResource, _ vms: [VMDocument], _ store: FleetStore
    ) async throws {
        let concerned = vms.filter(intent.vms.concerns)
        guard !concerned.isEmpty else {
            obstacle = PlacementObstacle(
                reason: "It has no VM that is meant.", fix: "Clone one there, or select VMs by other profiles or names."
            )
            return
        }
        for vm in concerned {
            let value = try await JobPlanner(store: store).arguments(of: request(intent, host, vm: vm.id), for: host)
            guard intent.kind == JobKindName.vmUpdate.rawValue else {
                arguments.append(value)
                changes.append("\(intent.kind) \(vm.name)")
                continue
            }
            let image = try FleetJSON.decode(UpdateArguments.self, from: value).image
            if vm.origin?.template == image.digest { continue }
            arguments.append(value)
            changes.append("update \(vm.name) to \(image.template) \(image.version)")
            bytes += changes.count == 1 ? Self.bytesToFetch(image, vms) : 0
        }
        if arguments.isEmpty { obstacle = PlacementObstacle(reason: "Its VMs have that version already.") }
    }

    private func request(_ intent: RolloutIntent, _ host: HostResource, vm: VMID?) -> JobRequest {
        var arguments = intent.jobArguments
        if let vm { arguments["vm"] = .string(vm.description) }
        return JobRequest(host: host.id.description, kind: intent.kind, arguments: .object(arguments))
    }

    /// A host whose VMs lie over an image has that.
    private static func bytesToFetch(_ image: ImageReference, _ vms: [VMDocument]) -> UInt64 {
        vms.contains { $0.origin?.template == image.digest } ? 0 : image.sizeBytes
    }
}

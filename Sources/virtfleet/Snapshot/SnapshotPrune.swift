import CommandLineKit
import FleetModel

enum SnapshotPrune {
    private static let policy = Argument<ResourceName>.requiredOption(
        "policy", "NAME", "Only snapshots that this policy made")
    private static let keep = Argument<Int>.option("keep", "COUNT", "How many of the newest stay", default: 7)

    static let command = Command(
        "prune", "Delete the older snapshots that a policy made",
        discussion: "Pinned ones and those that people made are never touched.",
        arguments: [
            VMSelector.vm.specification, policy.specification, keep.specification, VMSelector.host.specification,
            Confirmation.yes.specification,
        ] + JobSubmission.arguments
    ) { arguments, console in
        let session = try Session(arguments, console)
        let (policy, keep) = (try arguments(policy), try arguments(keep))
        guard keep >= 0 else { throw UsageError("--keep is \(keep); say how many snapshots stay, 0 or more") }
        let vm = try await VMSelector.find(arguments, session.client)
        let old = (vm.vm.snapshots ?? []).filter { $0.policy == policy && !$0.pinned }.dropLast(keep)
        guard !old.isEmpty else {
            console.error.line("VM '\(vm.vm.name)' has no snapshot of policy '\(policy)' beyond the newest \(keep)")
            return .success
        }
        let names = old.map { "'\($0.name)'" }.joined(separator: ", ")
        try Confirmation.demand(
            "Delete \(names) of VM '\(vm.vm.name)' on host '\(vm.hostName)'?", arguments, console)
        return try await JobSubmission(session, arguments).run(
            old.map { try SnapshotSelector.Found(vm: vm, snapshot: $0).deletion })
    }
}

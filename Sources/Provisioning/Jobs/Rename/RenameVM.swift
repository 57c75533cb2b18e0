import FleetModel
import Hypervisor

/// `vm.rename`: another name for a VM that is off. Nothing else of it changes: identity, files, snapshots and what its
/// definition says of its making stay, as none of them goes by the name.
struct RenameVM: JobKind {
    static let name = JobKindName.vmRename

    let arguments: RenameArguments
    var vm: VMID { arguments.vm }
    var locks: Set<String> { ["vm \(vm)", "name \(arguments.name)"] }

    init(job: JobID, arguments: RenameArguments) { self.arguments = arguments }

    struct Plan: Codable, Equatable, Sendable {
        var before: String
    }

    func plan(on host: JobHost) async throws -> Plan {
        let (domain, _) = try await host.requireOwn(vm, "rename")
        try await host.requireFreeName(arguments.name, except: vm)
        if domain.name != arguments.name.description { try await requireRenameable(domain, host) }
        return Plan(before: domain.name)
    }

    /// What libvirt would refuse.
    private func requireRenameable(_ domain: Domain, _ host: JobHost) async throws {
        guard !domain.state.isActive else {
            throw JobProblem(
                "not-off",
                "VM \(domain.name) is \(domain.state.rawValue), and libvirt renames only what is off: 'virtfleet vm stop "
                    + "\(domain.name)', rename it, and start it again")
        }
        guard try await !host.hypervisor.hasManagedSave(vm) else {
            throw JobProblem(
                "saved-memory",
                "the memory of VM \(domain.name) was saved (virsh managedsave), under its name; start the VM and shut it down, "
                    + "or drop what was saved with virsh managedsave-remove \(domain.name)")
        }
        let snapshots = try await host.hypervisor.foreignSnapshots(vm)
        guard snapshots.isEmpty else {
            throw JobProblem(
                "foreign-snapshots",
                "VM \(domain.name) has snapshots that somebody else made (\(snapshots.joined(separator: ", "))), and libvirt "
                    + "renames no VM with snapshots of its own; delete them with virsh snapshot-delete first")
        }
    }

    func steps(of plan: Plan, on host: JobHost) -> [any JobStep] {
        [RenameDomain(vm: vm, before: plan.before, after: arguments.name.description, host: host)]
    }

    func verify(
        _ plan: Plan, on host: JobHost, _ attempt: @Sendable () async throws -> Void
    ) async throws -> String? {
        plan.before == arguments.name.description ? "it has that name already" : "it was named \(plan.before)"
    }
}

/// Gives the domain its new name. Its mark is the name.
private struct RenameDomain: JobStep {
    let vm: VMID
    let before: String
    let after: String
    let host: JobHost
    let name = "name"

    func probe() async throws -> StepProbe {
        let now = try await host.require(vm).name
        if now == after { return .done }
        guard now == before else {
            throw JobProblem(
                "vm-changed",
                "somebody has named the VM \(now) while the job was at work; ask for the job again")
        }
        return .absent
    }

    func apply() async throws {
        try await host.requireUnchanged(vm, isActive: false)
        try await host.hypervisor.rename(vm, after)
    }
}

import FleetModel
import FleetRuntime
import Hypervisor

/// `vm.delete`: removes a VM that virtfleet made, with its own files. Base images stay. Once begun it only goes forward.
struct DeleteVM: JobKind {
    static let name = JobKindName.vmDelete

    let vm: VMID
    var locks: Set<String> { ["vm \(vm)"] }

    init(job: JobID, arguments: VMArguments) { vm = arguments.vm }

    func plan(on host: JobHost) async throws -> DeletePlan {
        let (domain, directory) = try await host.requireOwn(vm, "delete")
        try await host.requireNoForeignSnapshots(domain)
        for other in try await host.hypervisor.domains() where other.id != vm {
            if try await uses(directory, other, on: host) {
                throw JobProblem(
                    "in-use", "VM \(other.name) uses files of VM \(domain.name) in \(directory.path); delete it first")
            }
        }
        return DeletePlan(directory: directory)
    }

    func steps(of plan: DeletePlan, on host: JobHost) -> [any JobStep] {
        [
            PowerOffDomain(vm: vm, isMarked: true, host: host), UndefineDomain(vm: vm, host: host),
            RemoveVMFiles(directory: plan.directory, host: host),
        ]
    }

    func verify(
        _ plan: DeletePlan, on host: JobHost, _ attempt: @Sendable () async throws -> Void
    ) async throws -> String? {
        try await host.resettle()
        let left = await RemoveVMFiles(directory: plan.directory, host: host).foreignFiles()
        guard !left.isEmpty else { return nil }
        return "left in \(plan.directory.path), as virtfleet did not make it: \(left.joined(separator: ", "))"
    }

    /// Whether another VM has a file there, itself or behind one of its disks.
    private func uses(_ directory: VMDirectory, _ other: Domain, on host: JobHost) async throws -> Bool {
        let definitions = try await host.hypervisor.definitions(of: other.id)
        if definitions.contains(where: { $0.contains(directory.path + "/") }) { return true }
        return try await host.layers(of: definitions).contains { $0.filename.hasPrefix(directory.path + "/") }
    }
}

struct DeletePlan: Codable, Equatable, Sendable {
    var directory: VMDirectory
}

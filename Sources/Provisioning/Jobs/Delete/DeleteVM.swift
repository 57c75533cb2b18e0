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
        let domain = try await host.require(vm)
        // A copy of one of our VMs, made with other tools, carries our metadata; its identity tells it apart.
        guard let origin = domain.origin, CloneIdentity(job: origin.job).vm == vm else {
            throw JobProblem(
                "not-ours", "VM \(domain.name) was not made by virtfleet, which therefore does not delete it; use virsh"
            )
        }
        let directory = host.directory(of: origin.job)
        for other in try await host.hypervisor.domains() where other.id != vm {
            if try await definition(of: other.id, on: host).contains(directory.path + "/") {
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
        let left = await RemoveVMFiles(directory: plan.directory, host: host).foreignFiles()
        guard !left.isEmpty else { return nil }
        return "left in \(plan.directory.path), as virtfleet did not make it: \(left.joined(separator: ", "))"
    }

    /// Empty for a domain that went away while the others were looked at.
    private func definition(of id: VMID, on host: JobHost) async throws -> String {
        do throws(HypervisorError) {
            return try await host.hypervisor.definition(of: id)
        } catch  where error.code == .noSuchDomain {
            return ""
        }
    }
}

struct DeletePlan: Codable, Equatable, Sendable {
    var directory: VMDirectory
}

import FleetModel
import FleetRuntime
import Hypervisor
import Subprocess

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
        let directory = try await directory(madeBy: origin.job, on: host)
        for other in try await host.hypervisor.domains() where other.id != vm {
            if try await uses(directory, other.id, on: host) {
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

    /// Where the VM's files are: where its definition says, as the configuration may have changed since they were made.
    private func directory(madeBy job: JobID, on host: JobHost) async throws -> VMDirectory {
        let definition = try DomainDefinition(xml: await host.hypervisor.definition(of: vm))
        let files = [definition.nvramPath].compactMap(\.self) + definition.disks.compactMap(\.file)
        let directories = files.map { String($0.prefix(upTo: $0.lastIndex(of: "/") ?? $0.startIndex)) }
        let own = directories.first { $0.split(separator: "/").last.map(String.init) == job.description }
        return own.map { VMDirectory(path: $0) } ?? host.directory(of: job)
    }

    /// Whether another VM has a file there, itself or behind one of its disks.
    private func uses(_ directory: VMDirectory, _ other: VMID, on host: JobHost) async throws -> Bool {
        guard let xml = try await definition(of: other, on: host) else { return false }
        if xml.contains(directory.path + "/") { return true }
        for disk in try DomainDefinition(xml: xml).disks.compactMap(\.file) {
            // A disk that cannot be read, such as one that is missing, has nothing behind it that could be lost.
            let chain = try? await Subprocess.run(
                "qemu-img", ["info", "-U", "--backing-chain", "--output=json", disk],
                limits: Subprocess.Limits(addressSpaceBytes: 1 << 30, cpuSeconds: 60))
            if chain?.text.contains(directory.path + "/") == true { return true }
        }
        return false
    }

    /// nil when the domain went away meanwhile.
    private func definition(of id: VMID, on host: JobHost) async throws -> String? {
        do throws(HypervisorError) {
            return try await host.hypervisor.definition(of: id)
        } catch {
            guard error.code == .noSuchDomain else { throw error }
            return nil
        }
    }
}

struct DeletePlan: Codable, Equatable, Sendable {
    var directory: VMDirectory
}

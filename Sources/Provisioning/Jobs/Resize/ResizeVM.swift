import FleetModel
import FleetRuntime
import Hypervisor

/// `vm.resize`: another size of a VM's memory, another number of processors, or larger disks. The sizes stay with the VM,
/// in its metadata, over whatever its profile says; a guest that runs gets them at its next start, and larger disks at once.
struct ResizeVM: JobKind {
    static let name = JobKindName.vmResize

    let arguments: ResizeArguments
    var vm: VMID { arguments.vm }
    var locks: Set<String> { ["vm \(vm)"] }

    init(job: JobID, arguments: ResizeArguments) { self.arguments = arguments }

    struct Plan: Codable, Equatable, Sendable {
        /// The definition as it was looked at, and as it shall be.
        var before: String
        var after: String
        var disks: [Growth]
        var isActive: Bool
    }

    /// A disk that becomes larger.
    struct Growth: Codable, Equatable, Sendable {
        var target: String
        /// The layer that the guest writes to.
        var file: String
        var bytes: UInt64
    }

    func plan(on host: JobHost) async throws -> Plan {
        if let problem = arguments.problem { throw JobProblem("bad-arguments", problem) }
        let (domain, directory) = try await host.requireOwn(vm, "resize")
        try await host.requireNoSavedMemory(domain)
        let xml = try await host.hypervisor.definition(of: vm)
        return Plan(
            before: xml, after: try await resized(xml, domain, directory, host),
            disks: try await growths(xml, domain, directory, host), isActive: domain.state.isActive)
    }

    /// The definition with the new sizes; everything else in it stays.
    private func resized(
        _ xml: String, _ domain: Domain, _ directory: VMDirectory, _ host: JobHost
    ) async throws -> String {
        guard arguments.changesDefinition else { return xml }
        let found = try DomainDefinition(xml: xml)
        return try await host.definition(
            xml, of: domain, in: directory, setting: found.override.changed(by: arguments), mending: .sizes)
    }

    private func growths(
        _ xml: String, _ domain: Domain, _ directory: VMDirectory, _ host: JobHost
    ) async throws -> [Growth] {
        let disks = try DomainDefinition(xml: xml).disks.filter { disk in
            disk.file.map(directory.isLayer) == true && !disk.isReadOnly
        }
        var growths: [Growth] = []
        for (letter, size) in [("a", arguments.systemDiskGiB), ("b", arguments.dataDiskGiB)] {
            guard let size else { continue }
            guard let disk = disks.first(where: { ["sd\(letter)", "vd\(letter)"].contains($0.target) }),
                let file = disk.file
            else {
                throw JobProblem(
                    "no-such-disk",
                    "VM \(domain.name) has no \(letter == "a" ? "system" : "data") disk that virtfleet made"
                        + (letter == "b" ? "; dataDiskGiB in its profile gives one to new clones" : ""))
            }
            let growth = Growth(target: disk.target, file: file, bytes: UInt64(size) << 30)
            if try await requireLarger(growth, domain, host) { growths.append(growth) }
        }
        if !growths.isEmpty { try await host.requireNoForeignSnapshots(domain) }
        return growths
    }

    /// - Returns: false for a disk that has this size.
    private func requireLarger(_ growth: Growth, _ domain: Domain, _ host: JobHost) async throws -> Bool {
        let now = try await DiskLayer.virtualSizeBytes(of: growth.file)
        guard now <= growth.bytes else {
            throw JobProblem(
                "would-shrink",
                "disk \(growth.target) of VM \(domain.name) has \(now >> 20) MiB, more than \(growth.bytes >> 20): a smaller "
                    + "disk would lose what lies at its end, so it is never made")
        }
        try await host.requireNoBlockJob(domain, disk: growth.target)
        return now < growth.bytes
    }

    func steps(of plan: Plan, on host: JobHost) -> [any JobStep] {
        let disks = plan.disks.map { GrowDisk(vm: vm, growth: $0, isActive: plan.isActive, host: host) }
        guard plan.before != plan.after else { return disks }
        return disks + [ReplaceDefinition(vm: vm, before: plan.before, after: plan.after, host: host)]
    }

    func verify(
        _ plan: Plan, on host: JobHost, _ attempt: @Sendable () async throws -> Void
    ) async throws -> String? {
        var parts = plan.disks.map { "disk \($0.target) has \($0.bytes >> 30) GiB: the guest enlarges what is on it" }
        if plan.before != plan.after {
            let after = try DomainDefinition(xml: plan.after)
            parts.append(
                "\(after.memoryBytes >> 20) MiB of memory and \(after.vcpus) vCPUs"
                    + (plan.isActive ? " from the next start on" : ""))
        }
        return parts.isEmpty ? "nothing to change" : parts.joined(separator: "; ")
    }
}

extension ProfileOverride? {
    /// - Returns: nil when the profile alone counts.
    fileprivate func changed(by arguments: ResizeArguments) -> ProfileOverride? {
        var result = arguments.asProfile ? ProfileOverride() : self ?? ProfileOverride()
        if let memory = arguments.memoryMiB {
            (result.memoryMiB, result.maximumMemoryMiB) = (memory, arguments.maximumMemoryMiB)
        }
        if let vcpus = arguments.vcpus { result.vcpus = vcpus }
        return result.isEmpty ? nil : result
    }
}

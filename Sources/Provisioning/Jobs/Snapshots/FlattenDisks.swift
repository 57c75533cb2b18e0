import FleetModel
import FleetRuntime
import FoundationEssentials
import Hypervisor

/// `snapshot.flatten`: a VM writes to files that hold all that its disks show, and need nothing else, from then on. What the
/// guest sees stays the same at each moment, so that a half of it does no harm.
struct FlattenDisks: JobKind {
    static let name = JobKindName.snapshotFlatten

    let job: JobID
    let vm: VMID
    var locks: Set<String> { ["vm \(vm)"] }

    init(job: JobID, arguments: VMArguments) {
        self.job = job
        vm = arguments.vm
    }

    struct Plan: Codable, Equatable, Sendable {
        /// The files that the VM writes to and that have others below, by the disk's target.
        var layers: [String: String]
        /// What is copied, at most.
        var bytes: UInt64
    }

    /// What must stay free beside the copy, for all that the guest writes meanwhile.
    private static let spareBytes: UInt64 = 64 << 20

    func plan(on host: JobHost) async throws -> Plan {
        let (domain, directory) = try await host.requireOwn(vm, "flatten")
        try await host.requireNoSavedMemory(domain)
        try await host.requireNoForeignSnapshots(domain)
        var plan = Plan(layers: [:], bytes: 0)
        for disk in try await host.writableDisks(of: vm) where !disk.isLeftOut {
            guard let file = disk.file else { continue }
            try await host.requireNoBlockJob(domain, disk: disk.target)
            guard try await DiskLayer.chain(of: file).count > 1 else { continue }
            guard directory.isLayer(file) else {
                throw JobProblem(
                    "foreign-layer",
                    "disk \(disk.target) of VM \(domain.name) is in \(file), which virtfleet did not make and therefore does "
                        + "not change; use virsh blockcopy")
            }
            let needed = try await DiskLayer.standaloneBytes(of: file)
            let has = domain.state.isActive ? 0 : DurableFile.usedBytes(file)
            plan.bytes += needed > has ? needed - has : 0
            plan.layers[disk.target] = file
        }
        try await checkRoom(for: plan, of: domain, in: directory, host)
        return plan
    }

    private func checkRoom(
        for plan: Plan, of domain: Domain, in directory: VMDirectory, _ host: JobHost
    ) async throws {
        guard !plan.layers.isEmpty else { return }
        let free = try await host.onFiles { () throws(FileError) in try DurableFile.freeBytes(at: directory.path) }
        guard free >= plan.bytes + Self.spareBytes else {
            throw JobProblem(
                "no-space",
                "to flatten VM \(domain.name), \(plan.bytes >> 20) MiB are copied within \(directory.path), of which "
                    + "\(free >> 20) MiB are free; free some, so that \(Self.spareBytes >> 20) MiB are left")
        }
    }

    func steps(of plan: Plan, on host: JobHost) -> [any JobStep] {
        plan.layers.sorted { $0.key < $1.key }.map { target, layer in
            FlattenDisk(
                vm: vm, directory: VMDirectory(of: layer), target: target, layer: layer,
                copy: VMDirectory(of: layer).layer(of: target, madeBy: job), host: host)
        }
    }

    func verify(
        _ plan: Plan, on host: JobHost, _ attempt: @Sendable () async throws -> Void
    ) async throws -> String? {
        plan.layers.isEmpty
            ? "nothing to do: no disk of the VM has a file below it" : "up to \(plan.bytes >> 20) MiB were copied"
    }
}

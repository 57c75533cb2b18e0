import FleetModel
import FleetRuntime
import FoundationEssentials
import Hypervisor
import Synchronization

/// `vm.export`: a whole VM in a directory, to be brought back here or elsewhere. The VM itself, which must be off, or one of its
/// snapshots; then the VM may run.
struct ExportVM: JobKind {
    static let name = JobKindName.vmExport
    static let rollsBack = true

    let job: JobID
    let arguments: ExportArguments
    private let outcome = Outcome()
    var vm: VMID { arguments.vm }
    var locks: Set<String> { ["vm \(vm)"] }
    var result: JobResult? { outcome.export.withLock { $0.map(JobResult.export) } }

    init(job: JobID, arguments: ExportArguments) {
        self.job = job
        self.arguments = arguments
    }

    /// Known when the export has been verified.
    private final class Outcome: Sendable {
        let export = Mutex<ExportReference?>(nil)
    }

    struct Plan: Codable, Equatable, Sendable {
        var export: VMExport
        var name: String
        var createdAt: Date
        var consistency: VMSnapshot.Consistency
        var disks: [Source]
        var notHeld: [VMSnapshot.LeftOutDisk]
        /// Where the seed disc is, if there is one.
        var seed: String?
        /// What the VM has beside its disks; nil where a snapshot keeps it.
        var firmware: FirmwareState?
        /// The snapshot's.
        var kept: KeptState?

        struct Source: Codable, Equatable, Sendable {
            var target: String
            /// The topmost layer.
            var file: String
            var format: String
            /// Nobody may write to it while it is copied.
            var modified: Int64
        }
    }

    func plan(on host: JobHost) async throws -> Plan {
        let (domain, directory) = try await host.requireOwn(vm, "export")
        let definition = try DomainDefinition(xml: await host.hypervisor.definition(of: vm))
        let export = host.export(of: job)
        var plan = Plan(
            export: export, name: domain.name, createdAt: host.time.now(), consistency: .off, disks: [], notHeld: [],
            seed: definition.seedDisc.flatMap { DurableFile.exists($0) ? $0 : nil })
        if let snapshot = arguments.snapshot {
            let manifest = try await host.requireWholeSnapshot(snapshot, of: domain, in: directory)
            plan.kept = directory.keptState(of: snapshot)
            (plan.consistency, plan.notHeld) = (manifest.consistency, manifest.notHeld ?? [])
            plan.disks = try manifest.disks.map { try source($0.target, $0.file, $0.format) }
        } else {
            try await requireOff(domain, host)
            let firmware = FirmwareState(definition, on: host.hypervisor)
            try await host.onFiles {
                try MachineState(domain: domain, directory: directory, firmware: firmware).require()
            }
            plan.firmware = firmware
            plan.notHeld = try await host.leftOutDevices(of: domain)
            for disk in definition.disks.filter(\.isWritable) {
                if disk.isLeftOut {
                    plan.notHeld.append(VMSnapshot.LeftOutDisk(target: disk.target, backing: disk.backing))
                } else if let file = disk.file {
                    plan.disks.append(try source(disk.target, file, disk.format))
                } else {
                    throw JobProblem(
                        "uncovered-disk",
                        "disk \(disk.target) of VM \(domain.name) is the \(disk.backing), which no export can hold; set "
                            + "'snapshot: no' for it in the VM's profile and have 'virtfleet vm fix' write it")
                }
            }
        }
        try await requireSpace(for: plan, host)
        return plan
    }

    private func requireOff(_ domain: Domain, _ host: JobHost) async throws {
        guard !domain.state.isActive else {
            throw JobProblem(
                "not-off",
                "VM \(domain.name) is \(domain.state.rawValue), and its disks change while they would be copied; stop it, or "
                    + "make a snapshot and export that")
        }
        try await host.requireNoSavedMemory(domain)
    }

    private func source(_ target: String, _ file: String, _ format: String) throws -> Plan.Source {
        guard let modified = DurableFile.modified(file) else {
            throw JobProblem("disk-missing", "\(file), disk \(target) of the VM, is not there; bring it back")
        }
        return Plan.Source(target: target, file: file, format: format, modified: modified)
    }

    private func requireSpace(for plan: Plan, _ host: JobHost) async throws {
        var bytes: UInt64 = 0
        for disk in plan.disks { bytes += try await DiskLayer.standaloneBytes(of: disk.file) }
        let directory = host.exportDirectory
        try await host.onFiles { () throws(FileError) in try DurableFile.makeDirectory(directory, mode: 0o700) }
        try await host.requireSpace(bytes, in: directory, for: "an export of VM \(plan.name)")
    }

    func steps(of plan: Plan, on host: JobHost) -> [any JobStep] {
        var steps: [any JobStep] = []
        if let firmware = plan.firmware {
            steps.append(KeepState(vm: vm, firmware: firmware, state: plan.export.state, isActive: false, host: host))
        } else if let kept = plan.kept {
            steps.append(CopyState(kept: kept, state: plan.export.state, host: host))
        }
        steps += plan.disks.map {
            MakeDisk.copy(
                at: plan.export.disk($0.target), of: $0.file, format: $0.format, host: host, name: "disk \($0.target)")
        }
        if let seed = plan.seed {
            steps.append(CopyFile(name: "seed disc", source: seed, path: plan.export.seed, host: host))
        }
        return steps + [PublishExport(plan: plan, job: job, vm: vm, host: host)]
    }

    func verify(
        _ plan: Plan, on host: JobHost, _ attempt: @Sendable () async throws -> Void
    ) async throws -> String? {
        let (manifest, digest) = try await host.onFiles { try ExportManifest.read(plan.export) }
        outcome.export.withLock {
            $0 = ExportReference(
                digest: digest, name: manifest.name, directory: plan.export.path, sizeBytes: manifest.sizeBytes)
        }
        let left = manifest.notHeld.map { "; disk \($0.target) (\($0.backing)) is not in it" }.joined()
        return "\(manifest.sizeBytes >> 20) MiB in \(plan.export.path)\(left)"
    }
}

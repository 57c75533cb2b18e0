import FleetModel
import FleetRuntime
import FoundationEssentials
import Hypervisor

/// `snapshot.create`: keeps disks, UEFI variables, TPM state and definition of one moment, as one unit. A guest that runs
/// goes on within about a second; what it writes from then on goes to overlays.
struct CreateSnapshot: JobKind {
    static let name = JobKindName.snapshotCreate
    static let rollsBack = true

    let job: JobID
    let arguments: SnapshotCreateArguments
    var vm: VMID { arguments.vm }
    var locks: Set<String> { ["vm \(vm)"] }

    /// What overlays and state take before the guest writes anything.
    private static let neededBytes: UInt64 = 64 << 20

    struct Plan: Codable, Equatable, Sendable {
        var directory: VMDirectory
        var disks: [OverlaidDisk]
        var firmware: FirmwareState
        var createdAt: Date
        var isActive: Bool
        /// Somebody has paused it: it stays so.
        var isPaused: Bool
        var hasAgent: Bool
    }

    func plan(on host: JobHost) async throws -> Plan {
        let (domain, directory) = try await host.requireOwn(vm, "take a snapshot of")
        let isActive = domain.state.isActive
        guard [.running, .blocked, .paused, .shutoff, .crashed].contains(domain.state) else {
            throw JobProblem(
                "wrong-state", "VM \(domain.name) is \(domain.state.rawValue): wake it up, or shut it down, first")
        }
        try await host.requireNoSavedMemory(domain)
        let definition = try DomainDefinition(xml: await host.hypervisor.definition(of: vm))
        let firmware = FirmwareState(definition, on: host.hypervisor)
        try await host.onFiles {
            if let other = try directory.manifests().first(where: { $0.name == arguments.name }), other.id != job {
                throw JobProblem(
                    "name-exists",
                    "VM \(domain.name) has a snapshot named \(arguments.name) already; choose another name or delete it"
                )
            }
            for file in [firmware.variables, firmware.tpm].compactMap(\.self)
            where isActive && !DurableFile.exists(file) {
                throw JobProblem(
                    "state-missing",
                    "VM \(domain.name) runs, and \(file) is not there: without it no snapshot could be started; shut "
                        + "the VM down and bring the file back")
            }
            let free = try DurableFile.freeBytes(at: directory.path)
            guard free >= Self.neededBytes else {
                throw JobProblem(
                    "no-space",
                    "a snapshot needs \(Self.neededBytes >> 20) MiB in \(directory.path), and \(free >> 20) MiB are free; "
                        + "free some, or delete older snapshots")
            }
        }
        return Plan(
            directory: directory, disks: try await disks(of: domain, in: directory, on: host), firmware: firmware,
            createdAt: host.time.now(), isActive: isActive, isPaused: domain.state == .paused,
            hasAgent: domain.guestAgent == true)
    }

    private func disks(
        of domain: Domain, in directory: VMDirectory, on host: JobHost
    ) async throws -> [OverlaidDisk] {
        let definition = try DomainDefinition(xml: await host.hypervisor.liveDefinition(of: vm))
        var disks: [OverlaidDisk] = []
        for disk in definition.disks where ["disk", "lun"].contains(disk.device) && !disk.isReadOnly {
            guard let file = disk.file else {
                throw JobProblem(
                    "uncovered-disk",
                    "disk \(disk.target) of VM \(domain.name) is not in a file, so that no snapshot can hold it; detach it"
                )
            }
            if domain.state.isActive, try await host.hypervisor.blockJob(vm, disk: disk.target) != nil {
                throw JobProblem(
                    "block-job",
                    "libvirt is at work on disk \(disk.target) of VM \(domain.name); wait for it, or abort it with "
                        + "virsh blockjob \(domain.name) \(disk.target) --abort")
            }
            let length = try await DiskLayer.chain(of: file).count
            guard length <= DiskLayer.longestChain else {
                throw JobProblem(
                    "chain-too-long",
                    "disk \(disk.target) of VM \(domain.name) lies in \(length) layers, and at most "
                        + "\(DiskLayer.longestChain) may be below a snapshot; delete some of its snapshots")
            }
            disks.append(
                OverlaidDisk(
                    target: disk.target, file: file, format: disk.format,
                    overlay: directory.layer(of: disk.target, madeBy: job)))
        }
        guard !disks.isEmpty else {
            throw JobProblem("no-disk", "VM \(domain.name) has no disk that a snapshot could hold")
        }
        return disks
    }

    func steps(of plan: Plan, on host: JobHost) -> [any JobStep] {
        let state = plan.directory.keptState(of: job)
        let keep = KeepState(vm: vm, firmware: plan.firmware, state: state, isActive: plan.isActive, host: host)
        let publish = PublishManifest(manifest: manifest(of: plan), state: state, host: host)
        guard plan.isActive else {
            let overlays = plan.disks.map { MakeOverlay($0, host: host) }
            return [keep] + overlays + [UseOverlays(vm: vm, disks: plan.disks, host: host), publish]
        }
        let disks = OverlayRunningDisks(vm: vm, directory: plan.directory, disks: plan.disks, host: host)
        guard !plan.isPaused else { return [keep, disks, publish] }
        return [
            QuiesceGuest(vm: vm, hasAgent: plan.hasAgent, state: state, host: host), keep, disks,
            GoOn(vm: vm, hasAgent: plan.hasAgent, host: host), publish,
        ]
    }

    private func manifest(of plan: Plan) -> SnapshotManifest {
        SnapshotManifest(
            id: job, vm: vm, name: arguments.name, createdAt: plan.createdAt,
            consistency: plan.isActive ? .crash : .off, policy: arguments.policy,
            disks: plan.disks.map { .init(target: $0.target, file: $0.file, format: $0.format) }, holdsVariables: false,
            holdsTPM: false)
    }
}

extension MakeOverlay {
    init(_ disk: OverlaidDisk, host: JobHost) {
        self.init(
            path: disk.overlay, base: disk.file, baseFormat: disk.format, host: host, name: "overlay \(disk.target)")
    }
}

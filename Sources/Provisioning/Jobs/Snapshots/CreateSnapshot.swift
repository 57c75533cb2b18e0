import FleetModel
import FleetRuntime
import FoundationEssentials
import Hypervisor

/// `snapshot.create`: keeps disks, UEFI variables, TPM state and definition of one moment, as one unit. A guest that runs
/// goes on within a second, or when its memory is written as well; what it writes from then on goes to overlays.
struct CreateSnapshot: JobKind {
    static let name = JobKindName.snapshotCreate
    static let rollsBack = true

    let job: JobID
    let arguments: SnapshotCreateArguments
    var vm: VMID { arguments.vm }
    var locks: Set<String> { ["vm \(vm)"] }

    struct Plan: Codable, Equatable, Sendable {
        var directory: VMDirectory
        var disks: [OverlaidDisk]
        var leftOut: [VMSnapshot.LeftOutDisk]
        var firmware: FirmwareState
        var createdAt: Date
        var isActive: Bool
        /// Somebody has paused it: it stays so.
        var isPaused: Bool
        var hasAgent: Bool
        var keepsMemory: Bool
    }

    func plan(on host: JobHost) async throws -> Plan {
        let findings = try await SnapshotSurvey(job: job, vm: vm, name: arguments.name, host: host).findings()
        let domain = findings.domain
        let keepsMemory = arguments.memory == true && domain.state.isActive
        if keepsMemory { try await requireMemory(of: domain, in: findings.directory, host) }
        return Plan(
            directory: findings.directory, disks: findings.disks, leftOut: findings.leftOut,
            firmware: findings.firmware, createdAt: host.time.now(), isActive: domain.state.isActive,
            isPaused: domain.state == .paused,
            // Memory knows what is not yet written, and a guest that is frozen in it would have to be thawed each time.
            hasAgent: domain.guestAgent == true && !keepsMemory, keepsMemory: keepsMemory)
    }

    /// - Throws: `JobProblem` when the guest's memory cannot be kept, or takes more room than there is.
    private func requireMemory(of domain: Domain, in directory: VMDirectory, _ host: JobHost) async throws {
        let definition = try DomainDefinition(xml: await host.hypervisor.liveDefinition(of: vm))
        if let obstacle = definition.memoryObstacle {
            throw JobProblem(
                "no-memory",
                "the memory of VM \(domain.name) cannot be kept, as \(obstacle); make the snapshot without memory")
        }
        let free = try await host.onFiles { () throws(FileError) in try DurableFile.freeBytes(at: directory.path) }
        let needed = definition.memoryBytes + SnapshotSurvey.neededBytes
        guard free >= needed else {
            throw JobProblem(
                "no-memory",
                "the memory of VM \(domain.name) takes up to \(needed >> 20) MiB in \(directory.path), and "
                    + "\(free >> 20) MiB are free; free some, or make the snapshot without memory")
        }
    }

    func steps(of plan: Plan, on host: JobHost) -> [any JobStep] {
        let state = plan.directory.keptState(of: job)
        let keep = KeepState(vm: vm, firmware: plan.firmware, state: state, isActive: plan.isActive, host: host)
        let publish = PublishManifest(manifest: manifest(of: plan), state: state, host: host)
        guard plan.isActive else {
            let overlays = plan.disks.map { MakeDisk.overlay($0, host: host) }
            let edit = DomainEdit(overlaying: plan.disks)
            let change = ChangeDefinition(
                vm: vm, disks: plan.disks, edit: edit, state: state, before: state, host: host)
            return [keep] + overlays + [change, publish]
        }
        let disks = OverlayRunningDisks(
            vm: vm, directory: plan.directory, disks: plan.disks, memory: plan.keepsMemory ? state.memory : nil,
            host: host)
        guard !plan.isPaused else { return [keep, disks, publish] }
        return [
            QuiesceGuest(vm: vm, hasAgent: plan.hasAgent, state: state, host: host), keep, disks,
            GoOn(vm: vm, hasAgent: plan.hasAgent, host: host), publish,
        ]
    }

    func verify(
        _ plan: Plan, on host: JobHost, _ attempt: @Sendable () async throws -> Void
    ) async throws -> String? {
        arguments.memory == true && !plan.isActive ? "the VM is off: the snapshot holds no memory" : nil
    }

    private func manifest(of plan: Plan) -> SnapshotManifest {
        SnapshotManifest(
            id: job, vm: vm, name: arguments.name, createdAt: plan.createdAt,
            consistency: plan.isActive ? .crash : .off, policy: arguments.policy, disks: plan.disks,
            leftOut: plan.leftOut)
    }
}

extension DomainEdit {
    init(genID: UUID? = nil, template: Digest? = nil, overlaying disks: [OverlaidDisk]) {
        self.init(
            genID: genID, template: template,
            files: Dictionary(uniqueKeysWithValues: disks.map { ($0.target, $0.overlay) }))
    }
}

extension MakeDisk {
    /// What the guest writes to from then on.
    static func overlay(_ disk: OverlaidDisk, host: JobHost) -> MakeDisk {
        overlay(at: disk.overlay, on: disk.file, format: disk.format, host: host, name: "overlay \(disk.target)")
    }
}

import FleetModel
import FleetRuntime
import FoundationEssentials
import Hypervisor

/// `snapshot.create`: keeps disks, UEFI variables, TPM state and definition of one moment, as one unit. A guest that runs
/// goes on within a second; what it writes from then on goes to overlays.
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
    }

    func plan(on host: JobHost) async throws -> Plan {
        let findings = try await SnapshotSurvey(job: job, vm: vm, name: arguments.name, host: host).findings()
        let domain = findings.domain
        return Plan(
            directory: findings.directory, disks: findings.disks, leftOut: findings.leftOut,
            firmware: findings.firmware, createdAt: host.time.now(), isActive: domain.state.isActive,
            isPaused: domain.state == .paused,
            hasAgent: domain.guestAgent == true)
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
            consistency: plan.isActive ? .crash : .off, policy: arguments.policy, disks: plan.disks,
            leftOut: plan.leftOut)
    }
}

extension DomainEdit {
    init(name: String? = nil, genID: UUID? = nil, template: Digest? = nil, overlaying disks: [OverlaidDisk]) {
        self.init(
            name: name, genID: genID, template: template,
            files: Dictionary(uniqueKeysWithValues: disks.map { ($0.target, $0.overlay) }))
    }
}

extension MakeDisk {
    /// What the guest writes to from then on.
    static func overlay(_ disk: OverlaidDisk, host: JobHost) -> MakeDisk {
        overlay(at: disk.overlay, on: disk.file, format: disk.format, host: host, name: "overlay \(disk.target)")
    }
}

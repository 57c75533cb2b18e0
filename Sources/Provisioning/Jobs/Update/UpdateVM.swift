import FleetModel
import FleetRuntime
import FoundationEssentials
import Hypervisor

/// `vm.update`: a new version of the template under the same VM. Its system disk is made anew; identity, UEFI variables, TPM
/// and other disks stay. What was before is a snapshot, which comes back by itself when the new system does not boot.
struct UpdateVM: JobKind {
    static let name = JobKindName.vmUpdate
    static let rollsBack = true
    /// What the snapshots of updates are pruned by.
    static let policy = ResourceName("update")!

    let job: JobID
    let arguments: UpdateArguments
    var vm: VMID { arguments.vm }
    var images: [ImageReference] { [arguments.image] }
    var locks: Set<String> { ["vm \(vm)"] }

    struct Plan: Codable, Equatable, Sendable {
        var directory: VMDirectory
        /// The new image in the host's store.
        var base: String
        /// Its overlay is the new system disk from then on.
        var system: OverlaidDisk
        /// How that is made; not `auto`.
        var systemDisk: SystemDisk
        var others: [OverlaidDisk]
        var leftOut: [VMSnapshot.LeftOutDisk]
        var firmware: FirmwareState
        var createdAt: Date
        var isActive: Bool
        /// What must end with 0 in the new system, and how long its guest agent may take; absent in plans of agents that did
        /// not know them.
        var checks: [GuestCommand]?
        var guestLimitSeconds: Int?
        /// When what was before is given up; absent to keep it.
        var expiresAt: Date?
    }

    func check(on host: JobHost) async throws { _ = try await survey(host) }

    func plan(on host: JobHost) async throws -> Plan {
        let (findings, system) = try await survey(host)
        guard let base = await host.images.image(arguments.image) else {
            throw JobProblem("image-missing", "image \(arguments.image.digest) has gone from this host's store")
        }
        let profile = try DomainDefinition(xml: await host.hypervisor.definition(of: vm)).madeBy
        let now = host.time.now()
        return Plan(
            directory: findings.directory, base: base, system: system,
            systemDisk: try await host.systemDisk(
                of: arguments.image, in: base, as: profile?.systemDisk ?? .auto),
            others: findings.disks.filter { $0.target != system.target }, leftOut: findings.leftOut,
            firmware: findings.firmware,
            createdAt: now, isActive: findings.domain.state.isActive,
            checks: profile?.checks,
            guestLimitSeconds: arguments.guestAgentTimeoutSeconds
                ?? profile.flatMap { $0.checks.isEmpty ? nil : $0.guestAgentTimeoutSeconds },
            expiresAt: profile?.keepOldSystemDays.map { now + Double($0) * 86_400 })
    }

    private func survey(_ host: JobHost) async throws -> (SnapshotSurvey.Findings, system: OverlaidDisk) {
        let findings = try await SnapshotSurvey(job: job, vm: vm, name: arguments.snapshot, host: host).findings()
        let domain = findings.domain
        guard let origin = domain.origin, origin.template != arguments.image.digest else {
            throw JobProblem(
                "up-to-date",
                "VM \(domain.name) has version \(arguments.image.version) of template \(arguments.image.template) already"
            )
        }
        for disk in findings.disks {
            let chain = try await DiskLayer.chain(of: disk.file)
            if chain.contains(where: { $0.filename.hasSuffix("/\(origin.template)") }) { return (findings, disk) }
            // A reflink has nothing below it.
            let isSystem = disk.target == "sda" || disk.target == "vda"
            if isSystem, let last = chain.last, findings.directory.isLayer(last.filename) { return (findings, disk) }
        }
        throw JobProblem(
            "no-system-disk",
            "no disk of VM \(domain.name) is made from image \(origin.template), as its metadata says; clone a new VM")
    }

    func steps(of plan: Plan, on host: JobHost) -> [any JobStep] {
        let state = plan.directory.keptState(of: job)
        let disks = [plan.system] + plan.others
        let edit = DomainEdit(template: arguments.image.digest, overlaying: disks)
        let newSystem = MakeDisk.system(
            at: plan.system.overlay, of: arguments.image, in: plan.base, as: plan.systemDisk, host: host,
            name: "new system disk")
        let shutDown: [any JobStep] =
            plan.isActive
            ? [WaitUntilOff(vm: vm, limit: .seconds(arguments.shutdownTimeoutSeconds), host: host)] : []
        let swap: [any JobStep] =
            [
                KeepState(vm: vm, firmware: plan.firmware, state: state, isActive: false, host: host),
                // What the new system changes of it, going back changes again.
                RestoreState(
                    vm: vm, firmware: plan.firmware, state: state, before: state, disposable: disks.map(\.overlay),
                    directory: plan.directory, host: host),
            ] + plan.others.map { MakeDisk.overlay($0, host: host) } + [
                ChangeDefinition(vm: vm, disks: disks, edit: edit, state: state, before: state, host: host),
                PublishManifest(manifest: manifest(of: plan, disks), state: state, host: host),
            ]
        // Nobody uses the new system yet: it may be started once more after a crash.
        let start: [any JobStep] = arguments.start ? [StartDomain(vm: vm, ofOwnClone: true, host: host)] : []
        let limit = arguments.start ? plan.guestLimitSeconds ?? arguments.guestAgentTimeoutSeconds : nil
        return [newSystem] + shutDown + swap + start
            + (limit.map { [WaitForGuest(vm: vm, limit: .seconds($0), checks: plan.checks ?? [], host: host)] } ?? [])
    }

    private func manifest(of plan: Plan, _ disks: [OverlaidDisk]) -> SnapshotManifest {
        SnapshotManifest(
            id: job, vm: vm, name: arguments.snapshot, createdAt: plan.createdAt, consistency: .off,
            policy: Self.policy, expiresAt: plan.expiresAt, disks: disks, leftOut: plan.leftOut)
    }

    func verify(
        _ plan: Plan, on host: JobHost, _ attempt: @Sendable () async throws -> Void
    ) async throws -> String? {
        arguments.start ? nil : "the VM is off: nobody has seen the new system boot"
    }
}

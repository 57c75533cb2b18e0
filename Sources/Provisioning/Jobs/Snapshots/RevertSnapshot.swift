import FleetModel
import FleetRuntime
import FoundationEssentials
import Hypervisor

/// `snapshot.revert`: makes the VM what a snapshot holds, on new overlays, so that the snapshot stays. What the VM has
/// become since the snapshot before is given up once it has succeeded; until then all of it can come back.
struct RevertSnapshot: JobKind {
    static let name = JobKindName.snapshotRevert
    static let rollsBack = true

    let job: JobID
    let arguments: SnapshotRevertArguments
    var vm: VMID { arguments.vm }
    var locks: Set<String> { ["vm \(vm)"] }

    struct Plan: Codable, Equatable, Sendable {
        var directory: VMDirectory
        var disks: [OverlaidDisk]
        var firmware: FirmwareState
        var name: String
        /// What the VM writes to now, where nobody else needs it.
        var discarded: [String]
    }

    func plan(on host: JobHost) async throws -> Plan {
        let (domain, directory) = try await host.requireOwn(vm, "revert")
        let manifest = try await host.requireSnapshot(arguments.snapshot, of: domain, in: directory)
        guard !manifest.isBeingDeleted else {
            throw JobProblem(
                "being-deleted",
                "the deletion of snapshot \(manifest.name) of VM \(domain.name) has begun; it can only be deleted")
        }
        try await host.requireNoForeignSnapshots(domain)
        let state = directory.keptState(of: arguments.snapshot)
        let definition = try await host.onFiles {
            for (file, isHeld) in [(state.variables, manifest.holdsVariables), (state.tpm, manifest.holdsTPM)]
            where isHeld && !DurableFile.exists(file) {
                throw JobProblem(
                    "snapshot-damaged",
                    "snapshot \(manifest.name) of VM \(domain.name) has lost \(file); nothing was touched")
            }
            return try DomainDefinition(
                xml: String(decoding: DurableFile.bytes(of: state.definition), as: UTF8.self))
        }
        for disk in manifest.disks { _ = try await DiskLayer.chain(of: disk.file) }
        return Plan(
            directory: directory,
            disks: manifest.disks.map {
                OverlaidDisk(
                    target: $0.target, file: $0.file, format: $0.format,
                    overlay: directory.layer(of: $0.target, madeBy: job))
            }, firmware: FirmwareState(definition, on: host.hypervisor), name: domain.name,
            discarded: try await discarded(directory, manifest, definition, on: host))
    }

    /// - Parameter definition: what the VM will be; disks that the snapshot does not hold stay in its files.
    private func discarded(
        _ directory: VMDirectory, _ manifest: SnapshotManifest, _ definition: DomainDefinition, on host: JobHost
    ) async throws -> [String] {
        let held = Set(manifest.disks.map(\.target))
        let left = definition.disks.filter { !held.contains($0.target) }.compactMap(\.file)
        let kept = try await host.onFiles { Set(try directory.manifests().flatMap(\.disks).map(\.file)) }.union(left)
        var discarded: [String] = []
        for (target, file) in try await host.files(of: vm).sorted(by: { $0.key < $1.key })
        where held.contains(target) && directory.isLayer(file) && !kept.contains(file) {
            if try await host.layers(above: file, of: vm, in: directory).isEmpty { discarded.append(file) }
        }
        return discarded
    }

    func steps(of plan: Plan, on host: JobHost) -> [any JobStep] {
        let state = plan.directory.keptState(of: arguments.snapshot)
        let before = plan.directory.keptState(of: job)
        let edit = DomainEdit(name: plan.name, genID: CloneIdentity(job: job).genID, overlaying: plan.disks)
        let prepare: [any JobStep] =
            plan.disks.map { MakeDisk.overlay($0, host: host) } + [
                PowerOffDomain(vm: vm, isMarked: true, host: host),
                KeepState(vm: vm, firmware: plan.firmware, state: before, isActive: false, host: host),
                RestoreState(vm: vm, firmware: plan.firmware, state: state, before: before, host: host),
                ChangeDefinition(
                    vm: vm, disks: plan.disks, edit: edit, state: state, before: before, host: host),
                ForgetSavedMemory(vm: vm, host: host),
            ]
        // The guest is what it was: it may be started once more after a crash.
        let start: [any JobStep] = arguments.start ? [StartDomain(vm: vm, ofOwnClone: true, host: host)] : []
        return prepare + start
    }

    /// Clears away what is no longer needed. From here on nothing can be taken back, so that nothing may fail either.
    func verify(
        _ plan: Plan, on host: JobHost, _ attempt: @Sendable () async throws -> Void
    ) async throws -> String? {
        let before = plan.directory.keptState(of: job)
        do {
            try await RemoveLayers(files: plan.discarded, host: host).apply()
            try await RemoveState(state: before, host: host).apply()
            return nil
        } catch {
            return
                "left behind, and of no use any more: \((plan.discarded + [before.path]).joined(separator: ", ")) (\(error))"
        }
    }
}

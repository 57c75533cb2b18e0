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
        /// Disks that the snapshot does not hold and whose layers are virtfleet's: where they are now.
        var left: [String: String]
        /// The guest goes on from the memory that the snapshot holds.
        var restoresMemory: Bool
        /// What the VM writes to now, where nobody else needs it.
        var discarded: [String]
    }

    func plan(on host: JobHost) async throws -> Plan {
        let (domain, directory) = try await host.requireOwn(vm, "revert")
        let manifest = try await host.requireWholeSnapshot(arguments.snapshot, of: domain, in: directory)
        try await host.requireNoForeignSnapshots(domain)
        let state = directory.keptState(of: arguments.snapshot)
        let restoresMemory = manifest.holdsMemory == true && arguments.start && arguments.memory != false
        let definition = try await host.onFiles {
            for (file, isHeld) in [
                (state.variables, manifest.holdsVariables), (state.tpm, manifest.holdsTPM),
                (state.memory, restoresMemory),
            ] where isHeld && !DurableFile.exists(file) {
                throw JobProblem(
                    "snapshot-damaged",
                    "snapshot \(manifest.name) of VM \(domain.name) has lost \(file); nothing was touched")
            }
            return try DomainDefinition(
                xml: String(decoding: DurableFile.bytes(of: state.definition), as: UTF8.self))
        }
        guard !restoresMemory || definition.name == domain.name else {
            throw JobProblem(
                "renamed",
                "VM \(domain.name) was named \(definition.name) when its memory was kept, and libvirt restores it under that "
                    + "name only; revert with --no-memory")
        }
        for disk in manifest.disks { _ = try await DiskLayer.chain(of: disk.file) }
        let left = try await leftDisks(directory, manifest, definition, on: host)
        return Plan(
            directory: directory,
            disks: manifest.disks.map {
                OverlaidDisk(
                    target: $0.target, file: $0.file, format: $0.format,
                    overlay: directory.layer(of: $0.target, madeBy: job))
            }, firmware: FirmwareState(definition, on: host.hypervisor), left: left,
            restoresMemory: restoresMemory,
            discarded: try await discarded(directory, manifest, keeping: Set(left.values), on: host))
    }

    /// Disks that the snapshot does not hold stay as they are. Where their layers are may have changed with the deletion
    /// of another snapshot, which held them.
    private func leftDisks(
        _ directory: VMDirectory, _ manifest: SnapshotManifest, _ definition: DomainDefinition, on host: JobHost
    ) async throws -> [String: String] {
        let held = Set(manifest.disks.map(\.target))
        let now = try await host.files(of: vm)
        var left: [String: String] = [:]
        for disk in definition.disks where !held.contains(disk.target) {
            if let file = disk.file, directory.isLayer(file) { left[disk.target] = now[disk.target] ?? file }
        }
        return left
    }

    private func discarded(
        _ directory: VMDirectory, _ manifest: SnapshotManifest, keeping left: Set<String>, on host: JobHost
    ) async throws -> [String] {
        let held = Set(manifest.disks.map(\.target))
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
        var edit = DomainEdit(genID: CloneIdentity(job: job).genID, overlaying: plan.disks)
        edit.files.merge(plan.left) { overlay, _ in overlay }
        let prepare: [any JobStep] =
            plan.disks.map { MakeDisk.overlay($0, host: host) } + [
                PowerOffDomain(vm: vm, isMarked: true, host: host),
                KeepState(vm: vm, firmware: plan.firmware, state: before, isActive: false, host: host),
                RestoreState(
                    vm: vm, firmware: plan.firmware, state: state, before: before,
                    disposable: plan.disks.map(\.overlay), directory: plan.directory, host: host),
                ChangeDefinition(
                    vm: vm, disks: plan.disks, edit: edit, state: state, before: before, host: host),
                ForgetSavedMemory(vm: vm, host: host),
            ]
        guard arguments.start else { return prepare }
        // The guest is what it was: it may be started once more after a crash.
        let start: any JobStep =
            plan.restoresMemory
            ? RestoreMemory(vm: vm, memory: state.memory, edit: DomainEdit(files: edit.files), host: host)
            : StartDomain(vm: vm, ofOwnClone: true, host: host)
        return prepare + [start]
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

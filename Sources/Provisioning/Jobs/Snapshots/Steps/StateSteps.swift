import FleetModel
import FleetRuntime
import FoundationEssentials
import Hypervisor

/// Copies what a VM is beside its disks. The definition is written last: where it is, all is.
struct KeepState: JobStep {
    let vm: VMID
    let firmware: FirmwareState
    let state: KeptState
    /// The VM must be so, as it was when that was decided.
    let isActive: Bool
    let host: JobHost
    let name = "state"

    func probe() async -> StepProbe { await host.onFiles { DurableFile.exists(state.definition) } ? .done : .absent }

    func apply() async throws {
        try await host.requireUnchanged(vm, isActive: isActive)
        let definition = try await host.hypervisor.definition(of: vm)
        try await host.onFiles { () throws(FileError) in
            try DurableFile.makeDirectory(state.path, mode: 0o700)
            try state.save(firmware)
            try DurableFile.replace(state.definition, with: definition.utf8, mode: 0o600)
        }
    }

    func undo() async throws { try await RemoveState(state: state, host: host).apply() }
}

/// Removes a kept state, its manifest first: what is no snapshot any more is in nobody's way.
struct RemoveState: JobStep {
    let state: KeptState
    let host: JobHost
    let name = "kept state"

    func probe() async -> StepProbe { await host.onFiles { DurableFile.exists(state.path) } ? .absent : .done }

    func apply() async throws {
        try await host.onFiles { () throws(FileError) in
            for file in state.ownFiles { try DurableFile.removeTree(file) }
            if (try? DurableFile.entries(of: state.path))?.isEmpty == true { try DurableFile.remove(state.path) }
        }
    }
}

/// Gives a VM that is off the variables and the TPM state of a kept state.
struct RestoreState: JobStep {
    let vm: VMID
    let firmware: FirmwareState
    let state: KeptState
    /// What it had before.
    let before: KeptState
    /// Files of this job that nobody needs any more when this is taken back, and which make room where there is none.
    let disposable: [String]
    let directory: VMDirectory
    let host: JobHost
    let name = "firmware variables and TPM"

    func probe() async throws -> StepProbe {
        try await host.onFiles { () throws(FileError) in try state.isEqual(to: firmware) } ? .done : .absent
    }

    func apply() async throws {
        try await host.requireUnchanged(vm, isActive: false)
        try await host.onFiles { () throws(FileError) in
            // It becomes a VM that has not had one yet.
            if !DurableFile.exists(state.tpm) { try DurableFile.remove(directory.tpmMark) }
            try state.restore(firmware)
        }
    }

    func undo() async throws {
        try await host.onFiles { () throws(FileError) in
            do throws(FileError) {
                try before.restore(firmware)
            } catch {
                guard error.isFull else { throw error }
                for file in disposable { try DurableFile.remove(file) }
                try before.restore(firmware)
            }
        }
    }
}

/// Makes the kept state a snapshot.
struct PublishManifest: JobStep {
    let manifest: SnapshotManifest
    let state: KeptState
    let host: JobHost
    let name = "manifest"

    func probe() async -> StepProbe { await host.onFiles { DurableFile.exists(state.manifest) } ? .done : .absent }

    func apply() async throws {
        try await host.onFiles {
            var manifest = manifest
            if let text = try? DurableFile.bytes(of: state.consistency) {
                manifest.consistency = .init(rawValue: String(decoding: text, as: UTF8.self)) ?? .crash
            }
            manifest.holdsVariables = DurableFile.exists(state.variables)
            manifest.holdsTPM = DurableFile.exists(state.tpm)
            manifest.holdsMemory = DurableFile.exists(state.memory)
            // libvirt wrote it.
            if manifest.holdsMemory == true { try DurableFile.sync(state.memory) }
            try manifest.write(to: state)
            try DurableFile.remove(state.consistency)
        }
    }

    func undo() async throws {
        try await host.onFiles { () throws(FileError) in try DurableFile.remove(state.manifest) }
    }
}

/// Changes what a snapshot's manifest says of it; the last step of a change, or the first.
struct ChangeManifest: JobStep {
    let state: KeptState
    let name: String
    let host: JobHost
    /// What it shall be.
    let change: @Sendable (inout SnapshotManifest) -> Void

    func probe() async throws -> StepProbe {
        try await host.onFiles {
            let manifest = try SnapshotManifest.read(state)
            return manifest == changed(manifest) ? .done : .absent
        }
    }

    func apply() async throws { try await host.onFiles { try changed(SnapshotManifest.read(state)).write(to: state) } }

    private func changed(_ manifest: SnapshotManifest) -> SnapshotManifest {
        var manifest = manifest
        change(&manifest)
        return manifest
    }
}

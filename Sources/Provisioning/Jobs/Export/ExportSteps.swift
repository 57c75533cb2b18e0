import FleetModel
import FleetRuntime

/// Copies what a snapshot keeps beside the disks. The definition is written last: where it is, all is.
struct CopyState: JobStep {
    let kept: KeptState
    let state: KeptState
    let host: JobHost
    let name = "state"

    func probe() async -> StepProbe { await host.onFiles { DurableFile.exists(state.definition) } ? .done : .absent }

    func apply() async throws {
        try await host.onFiles { () throws(FileError) in
            try DurableFile.makeDirectory(state.path, mode: 0o700)
            for (source, target) in [(kept.variables, state.variables), (kept.tpm, state.tpm)]
            where DurableFile.exists(source) {
                try DurableFile.copyTree(source, to: target)
            }
            try DurableFile.copy(kept.definition, to: state.definition, mode: 0o600)
        }
    }

    func undo() async throws { try await RemoveState(state: state, host: host).apply() }
}

/// Makes the directory an export.
struct PublishExport: JobStep {
    let plan: ExportVM.Plan
    let job: JobID
    let vm: VMID
    let host: JobHost
    let name = "manifest"

    private var path: String { plan.export.state.manifest }

    func probe() async -> StepProbe { await host.onFiles { DurableFile.exists(path) } ? .done : .absent }

    func apply() async throws { try await apply(StepWork()) }

    func apply(_ work: StepWork) async throws {
        for disk in plan.disks where await host.onFiles({ DurableFile.modified(disk.file) }) != disk.modified {
            throw JobProblem(
                "vm-changed",
                "disk \(disk.target) of VM \(plan.name) has changed while it was copied, as somebody has started the VM; ask "
                    + "for the job again")
        }
        if plan.kept == nil { try await host.requireUnchanged(vm, isActive: false) }
        let export = plan.export
        let paths = try await host.onFiles { () throws(FileError) in try export.contents() }
        let size = await host.onFiles { paths.compactMap { DurableFile.size("\(export.path)/\($0)") }.reduce(0, +) }
        let manifest = ExportManifest(
            id: job, vm: vm, name: plan.name, createdAt: plan.createdAt, consistency: plan.consistency,
            disks: plan.disks.map(\.target), notHeld: plan.notHeld,
            files: try await host.references(of: paths, in: export, size: size, work))
        let bytes = try FleetJSON.encode(manifest)
        try await host.onFiles { () throws(FileError) in try DurableFile.replace(path, with: bytes, mode: 0o600) }
    }

    func undo() async throws {
        try await host.onFiles { () throws(FileError) in
            try DurableFile.remove(path + ".part")
            try DurableFile.remove(path)
        }
    }
}

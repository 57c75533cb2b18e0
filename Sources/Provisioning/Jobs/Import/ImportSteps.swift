import FleetModel
import FleetRuntime
import ImageStore

/// Reads the whole export once, before anything is made of it: every file must be what the manifest says, and no other there.
struct CheckExport: JobStep {
    let export: VMExport
    let manifest: ExportManifest
    let host: JobHost
    let name = "check"

    func probe() -> StepProbe { .absent }

    func apply() async throws { try await apply(StepWork()) }

    func apply(_ work: StepWork) async throws {
        let paths = try await host.onFiles { () throws(FileError) in try export.contents() }
        if let odd = Set(paths).symmetricDifference(manifest.files.keys).min() {
            throw ExportManifest.damaged("\(export.path)/\(odd)")
        }
        let found = try await host.references(of: paths, in: export, size: manifest.sizeBytes, work)
        if let changed = paths.first(where: { found[$0] != manifest.files[$0] }) {
            throw ExportManifest.damaged("\(export.path)/\(changed)")
        }
        for target in manifest.disks {
            do {
                _ = try await ImageInspector().inspect(export.disk(target), as: .qcow2)
            } catch {
                throw JobProblem("export-damaged", error.description)
            }
        }
    }
}

/// Gives a VM that has never run here the TPM state that it had; libvirt hands it to swtpm's user at the start.
struct CopyTPM: JobStep {
    let vm: VMID
    let source: String
    let target: String
    let host: JobHost
    let name = "TPM"

    func probe() async throws -> StepProbe {
        try await host.onFiles { () throws(FileError) in try DurableFile.areEqualTrees(source, target) }
            ? .done : DurableFile.exists(target) ? .partial : .absent
    }

    func apply() async throws {
        try await host.requireUnchanged(vm, isActive: false)
        try await host.onFiles { () throws(FileError) in
            try DurableFile.makeDirectory(Self.parent(of: target), mode: 0o711)
            try DurableFile.copyTree(source, to: target)
        }
    }

    /// What it has become is the VM's, and goes with its definition.
    func undo() async throws {
        guard try await host.hypervisor.domainIfAny(vm)?.state.isActive != true else { return }
        try await host.onFiles { () throws(FileError) in try DurableFile.removeTree(target) }
    }

    private static func parent(of path: String) -> String {
        String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)])
    }
}

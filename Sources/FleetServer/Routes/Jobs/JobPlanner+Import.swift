import FleetModel
import FleetStore

extension JobPlanner {
    /// `vm.import` as an operator asks for it: what is absent is that of the job that made the export.
    struct ImportRequest: Decodable {
        var export: JobID
        var identity: ImportIdentity
        var name: ResourceName?
        var start: Bool?
        /// Of an export that this controller does not know.
        var digest: Digest?
        var vm: VMID?
    }

    func importArguments(_ wanted: ImportRequest, _ host: HostResource) async throws -> ImportArguments {
        let (reference, exported) = try await export(wanted.export)
        guard let digest = wanted.digest ?? reference?.digest, let vm = wanted.vm ?? exported,
            let name = wanted.name ?? reference.flatMap({ ResourceName($0.name) })
        else {
            throw Problem.unprocessable(
                "unknown-export",
                """
                the controller knows of no job \(wanted.export) that has exported a VM under a name that can be taken: give \
                'digest' (the SHA-256 of its manifest.json), 'vm' and 'name' as well
                """)
        }
        if wanted.identity != .copy { try await requireNotRunning(vm, wanted.identity, host) }
        return ImportArguments(
            export: wanted.export, digest: digest, vm: vm, identity: wanted.identity, name: name,
            start: wanted.start ?? true)
    }

    private func export(_ id: JobID) async throws -> (ExportReference?, VMID?) {
        do {
            let job = try await store.job(id)
            guard case .export(let reference)? = job.result else { return (nil, nil) }
            return (reference, job.vm)
        } catch .notFound {
            return (nil, nil)
        }
    }

    /// One machine in two places would be two with one licence, one address and one TPM.
    private func requireNotRunning(_ vm: VMID, _ identity: ImportIdentity, _ host: HostResource) async throws {
        let running = try await store.describedVMs(vm).first { $0.vm.state.isActive }
        guard let found = running else { return }
        throw Problem.unprocessable(
            "vm-elsewhere",
            "VM '\(found.vm.name)' (\(vm)) is \(found.vm.state.rawValue) on host '\(found.hostName)': stop it before its "
                + "\(identity.rawValue) to '\(host.name)', and delete it there afterwards; or import a copy")
    }
}

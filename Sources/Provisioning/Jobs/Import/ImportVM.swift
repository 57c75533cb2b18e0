import FleetModel
import FleetRuntime
import FoundationEssentials
import Hypervisor

/// `vm.import`: a VM out of an export, as the same machine or as another one with the same disks.
struct ImportVM: JobKind {
    static let name = JobKindName.vmImport
    static let rollsBack = true

    let job: JobID
    let arguments: ImportArguments
    var vm: VMID { arguments.identity == .copy ? CloneIdentity(job: job).vm : arguments.vm }
    var locks: Set<String> { ["vm \(vm)", "name \(arguments.name)"] }

    struct Plan: Codable, Equatable, Sendable {
        var export: VMExport
        var manifest: ExportManifest
        var directory: VMDirectory
        var origin: VMDocument.Origin
        /// As it will be defined.
        var definition: String
        /// For another machine; the export's own otherwise.
        var seed: SeedContent?
        /// Where the TPM's state goes; nil where it is not the export's.
        var tpm: String?
        var isStartedByLibvirt: Bool
        var guestLimitSeconds: Int?
        var checks: [GuestCommand]
    }

    func plan(on host: JobHost) async throws -> Plan {
        try await ImportSurvey(job: job, arguments: arguments, vm: vm, host: host).plan()
    }

    func steps(of plan: Plan, on host: JobHost) -> [any JobStep] {
        var files: [any FileStep] = plan.manifest.disks.map {
            MakeDisk.copy(
                at: plan.directory.layer(of: $0, madeBy: job), of: plan.export.disk($0), format: "qcow2", host: host,
                name: "disk \($0)")
        }
        files.append(
            CopyFile(
                name: "firmware variables", source: plan.export.state.variables, path: plan.directory.variables,
                host: host))
        if let seed = plan.seed {
            files.append(MakeSeedDisc(content: seed, directory: plan.directory, host: host))
        } else if plan.manifest.files["seed.iso"] != nil {
            files.append(
                CopyFile(name: "seed disc", source: plan.export.seed, path: plan.directory.seed, host: host))
        }
        var steps: [any JobStep] = [
            CheckExport(export: plan.export, manifest: plan.manifest, host: host),
            MakeVMFiles(directory: plan.directory, files: files, host: host),
            DefineDomain(id: vm, origin: plan.origin, xml: plan.definition, host: host),
        ]
        if let tpm = plan.tpm { steps.append(CopyTPM(vm: vm, source: plan.export.state.tpm, target: tpm, host: host)) }
        if plan.isStartedByLibvirt { steps.append(SetAutostart(vm: vm, on: true, host: host)) }
        guard arguments.start else { return steps }
        // Nobody uses it here yet: it may be started once more after a crash.
        steps.append(StartDomain(vm: vm, ofOwnClone: true, host: host))
        if let limit = plan.guestLimitSeconds {
            steps.append(WaitForGuest(vm: vm, limit: .seconds(limit), checks: plan.checks, host: host))
        }
        return steps
    }

    func verify(
        _ plan: Plan, on host: JobHost, _ attempt: @Sendable () async throws -> Void
    ) async throws -> String? {
        let left = plan.manifest.notHeld.map { "disk \($0.target) (\($0.backing)) was not in the export" }
        return left.isEmpty ? nil : left.joined(separator: "; ")
    }
}

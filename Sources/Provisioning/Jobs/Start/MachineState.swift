import FleetModel
import FleetRuntime
import Hypervisor

/// What makes a VM the machine that it is, beside its disks. libvirt makes what is missing of it anew, without a word: the guest
/// would start on other variables, or before a TPM that knows none of its keys.
struct MachineState: Sendable {
    let domain: Domain
    let directory: VMDirectory
    let firmware: FirmwareState

    /// - Throws: `state-missing`, with what to do.
    func require() throws(JobProblem) {
        if let file = firmware.variables, !DurableFile.exists(file) {
            throw missing(
                file, "its UEFI variables",
                "bring the file back, by a revert to a snapshot for instance; or copy the firmware's own there, and it starts "
                    + "as if it never had any")
        }
        // Before its first start a VM has none.
        if let tpm = firmware.tpm, !DurableFile.exists(tpm),
            domain.state.isActive || DurableFile.exists(directory.tpmMark)
        {
            throw missing(
                tpm, "what its TPM holds",
                "bring the directory back, by a revert to a snapshot for instance; or remove \(directory.tpmMark), and it "
                    + "gets a new TPM, so that the guest asks for its recovery keys")
        }
    }

    /// From now on the VM has a TPM to lose.
    func noteTPM() throws(FileError) {
        guard let tpm = firmware.tpm, DurableFile.exists(tpm), !DurableFile.exists(directory.tpmMark) else { return }
        try DurableFile.replace(directory.tpmMark, with: [], mode: 0o600)
    }

    private func missing(_ path: String, _ what: String, _ fix: String) -> JobProblem {
        JobProblem("state-missing", "\(path) is not there, and in it \(what) of VM \(domain.name); \(fix)")
    }
}

extension JobHost {
    /// Nil for a VM that virtfleet did not make.
    func machineState(of vm: VMID) async throws -> MachineState? {
        let domain = try await hypervisor.domain(vm)
        guard let origin = domain.origin, isOwn(domain) else { return nil }
        let definition = try DomainDefinition(xml: await hypervisor.definition(of: vm))
        return MachineState(
            domain: domain, directory: try await directory(of: domain, madeBy: origin.job),
            firmware: FirmwareState(definition, on: hypervisor))
    }
}

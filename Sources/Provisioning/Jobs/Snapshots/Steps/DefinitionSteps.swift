import FleetModel
import FleetRuntime
import FoundationEssentials
import Hypervisor

/// Makes a VM that is off what a kept state says, with the edit; it writes to overlays from then on.
struct ChangeDefinition: JobStep {
    let vm: VMID
    let disks: [OverlaidDisk]
    let edit: DomainEdit
    let state: KeptState
    /// What it was before.
    let before: KeptState
    let host: JobHost
    let name = "definition"

    func probe() async throws -> StepProbe { try await host.writes(vm, to: disks) ? .done : .absent }

    func apply() async throws {
        try await host.requireUnchanged(vm, isActive: false)
        try await define(state, edit)
    }

    func undo() async throws {
        guard try await probe() == .done else { return }
        try await host.requireUnchanged(vm, isActive: false)
        try await define(before, DomainEdit())
    }

    /// Under the name that the VM has now: libvirt takes no other one, and a VM may have been renamed since.
    private func define(_ state: KeptState, _ edit: DomainEdit) async throws {
        let bytes = try await host.onFiles { () throws(FileError) in try DurableFile.bytes(of: state.definition) }
        var edit = edit
        edit.name = try await host.require(vm).name
        _ = try await host.hypervisor.define(edit.applied(to: String(decoding: bytes, as: UTF8.self)))
    }
}

/// Drops the memory that a VM would go on with at its next start: it belongs to other disks.
struct ForgetSavedMemory: JobStep {
    let vm: VMID
    let host: JobHost
    let name = "saved memory"

    func probe() async throws -> StepProbe { try await host.hypervisor.hasManagedSave(vm) ? .absent : .done }

    func apply() async throws { try await host.hypervisor.removeManagedSave(vm) }
}

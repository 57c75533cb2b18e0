import FleetModel
import Hypervisor

/// Has a VM that is off go on from the memory of a snapshot, on new overlays. It may be done once more after a crash.
struct RestoreMemory: JobStep {
    let vm: VMID
    let memory: String
    /// Of the definition that the guest ran by.
    let edit: DomainEdit
    let host: JobHost
    let name = "memory"

    /// A libvirtd that outlived the agent may still be reading it, and may yet fail.
    func probe() async throws -> StepProbe {
        try await host.waitUntilIdle(vm)
        return try await host.hypervisor.domain(vm).state.isActive ? .done : .absent
    }

    func apply() async throws {
        do {
            try await host.restore(vm, from: memory, edit)
        } catch let error as HypervisorError where error.code != .disconnected {
            throw JobProblem(
                "memory-not-restored",
                "libvirt did not take the memory of the snapshot (\(error)); revert with --no-memory to boot from its disks"
            )
        }
        // The guest believes that it is still then. One that does not answer finds out by itself.
        try? await host.hypervisor.setTime(vm, within: .seconds(5))
    }

    func undo() async throws {
        try await StartDomain(vm: vm, ofOwnClone: true, host: host).undo()
    }
}

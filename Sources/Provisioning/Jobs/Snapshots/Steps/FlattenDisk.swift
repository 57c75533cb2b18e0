import FleetModel
import FleetRuntime
import Hypervisor

/// Copies all that lies below the layer that a VM writes to into it, while the VM runs or not.
struct FlattenDisk: JobStep {
    let vm: VMID
    let target: String
    let layer: String
    let host: JobHost
    var name: String { "flatten \(target)" }

    func probe() async throws -> StepProbe { try await isAlone() ? .done : .absent }

    func apply() async throws {
        for _ in 1...3 {
            try await requireLayer()
            try await host.forgetChain(of: vm, disk: target)
            if try await host.require(vm).state.isActive {
                try await pull()
            } else {
                try await DiskLayer.change("rebase", "-b", "", layer)
            }
            if try await isAlone() { return }
        }
        throw JobProblem(
            "flatten-failed",
            "libvirt gave up copying into \(layer), which shows the guest the same as before; see its log, and whether the "
                + "disk is full, and ask again")
    }

    private func isAlone() async throws -> Bool { try await DiskLayer.chain(of: layer).count == 1 }

    private func pull() async throws {
        // One that an agent before this one has started goes on by itself.
        if try await host.hypervisor.blockJob(vm, disk: target) == nil {
            try await host.hypervisor.startPull(vm, disk: target)
        }
        while try await host.hypervisor.blockJob(vm, disk: target) != nil {
            try await host.time.sleep(for: .milliseconds(100))
        }
    }

    private func requireLayer() async throws {
        guard try await host.files(of: vm)[target] == layer else {
            throw JobProblem(
                "vm-changed", "somebody has put disk \(target) of VM \(vm) into another file than \(layer) meanwhile")
        }
    }
}

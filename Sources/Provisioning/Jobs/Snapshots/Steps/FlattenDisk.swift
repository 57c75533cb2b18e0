import FleetModel
import FleetRuntime
import Hypervisor

/// Has a VM write to a file that holds all that its disk shows: while it runs, a copy takes the place of the layer that it
/// writes to; while it is off, what lies below is copied into that layer.
///
/// A block pull would do the same to a running guest, but QEMU 7.2 dies of one that ends while somebody asks for the
/// statistics of its disks, as this agent and every monitor do.
struct FlattenDisk: JobStep {
    let vm: VMID
    let directory: VMDirectory
    let target: String
    let layer: String
    /// What a running VM writes to afterwards.
    let copy: String
    let host: JobHost
    var name: String { "flatten \(target)" }

    func probe() async throws -> StepProbe {
        switch try await file() {
        case copy: await host.onFiles { DurableFile.exists(layer) } ? .absent : .done
        case layer: try await standsAlone() ? .done : .absent
        default: .absent
        }
    }

    func apply() async throws { try await apply(StepWork()) }

    func apply(_ work: StepWork) async throws {
        for _ in 1...3 {
            switch try await file() {
            case copy: return try await removeLayer()
            case layer:
                if try await standsAlone() { return try await removeCopy() }
            case let other:
                throw JobProblem(
                    "vm-changed",
                    "somebody has put disk \(target) of VM \(vm) into \(other ?? "nothing") instead of \(layer) meanwhile"
                )
            }
            if try await host.require(vm).state.isActive {
                try await copyLive(work)
            } else {
                try await removeCopy()
                try await host.forgetChain(of: vm, disk: target)
                try await DiskLayer.change("rebase", "-b", "", layer)
            }
        }
        if try await file() == layer { try await removeCopy() }
        throw JobProblem(
            "flatten-failed",
            "libvirt gave up copying what disk \(target) of VM \(vm) shows, which is the same as before; see its log, and "
                + "whether the disk is full, and ask again")
    }

    private func file() async throws -> String? { try await host.files(of: vm)[target] }

    private func standsAlone() async throws -> Bool { try await DiskLayer.chain(of: layer).count == 1 }

    private func copyLive(_ work: StepWork) async throws {
        // One that an agent before this one has started goes on by itself.
        if try await host.hypervisor.blockJob(vm, disk: target) == nil {
            try await removeCopy()
            try await host.hypervisor.startCopy(vm, disk: target, to: copy)
        }
        do {
            while let job = try await host.hypervisor.blockJob(vm, disk: target) {
                if job.isReady { return try await host.hypervisor.pivot(vm, disk: target) }
                if await work.isCancelled() { throw JobProblem.cancelled }
                if job.end > 0 { work.progress("copying \(target)", 100 * Double(job.current) / Double(job.end)) }
                try await host.time.sleep(for: .milliseconds(100))
            }
        } catch  where isFinal(error) {
            try await host.hypervisor.abortBlockJob(vm, disk: target)
            if try await file() == layer { try await removeCopy() }
            throw error
        }
    }

    /// Whether nobody goes on with the copy after the error.
    private func isFinal(_ error: any Error) -> Bool {
        !(error is CancellationError) && (error as? HypervisorError)?.code != .disconnected
    }

    private func removeCopy() async throws {
        try await host.onFiles { () throws(FileError) in try DurableFile.remove(copy) }
    }

    private func removeLayer() async throws {
        try await host.forgetChain(of: vm, disk: target)
        guard try await host.layers(above: layer, of: vm, in: directory).isEmpty else { return }
        try await host.onFiles { () throws(FileError) in try DurableFile.remove(layer) }
    }
}

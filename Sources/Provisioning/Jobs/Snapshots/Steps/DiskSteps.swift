import FleetModel
import FleetRuntime
import FoundationEssentials
import Hypervisor

/// A disk of a VM, and the overlay that a job puts on it.
struct OverlaidDisk: Codable, Equatable, Sendable {
    var target: String
    /// What lies below the overlay from then on.
    var file: String
    var format: String
    var overlay: String
}

/// Has a VM that runs, and is paused, write to overlays.
struct OverlayRunningDisks: JobStep {
    let vm: VMID
    let directory: VMDirectory
    let disks: [OverlaidDisk]
    /// Where the guest's memory of that moment goes; nil keeps none.
    let memory: String?
    let host: JobHost
    let name = "disks"

    func probe() async throws -> StepProbe { try await host.writes(vm, to: disks) ? .done : .absent }

    func apply() async throws {
        try await host.requireUnchanged(vm, isActive: true)
        try await waitForLibvirt()
        guard try await probe() == .absent else { return }
        try await host.onFiles { () throws(FileError) in
            for file in disks.map(\.overlay) + [memory].compactMap(\.self) { try DurableFile.remove(file) }
        }
        let overlays = Dictionary(uniqueKeysWithValues: disks.map { ($0.target, $0.overlay) })
        try await host.hypervisor.overlayDisks(vm, overlays, memory: memory)
    }

    /// A libvirtd that outlived the agent may still be at what it was asked for. It suspends only afterwards, but for the
    /// time in which it writes memory.
    private func waitForLibvirt() async throws {
        try await host.waitUntilIdle(vm)
        try await host.hypervisor.suspend(vm)
    }

    /// QEMU has given up the disks of a guest whose memory it has written, until the guest goes on.
    private func takeBackDisks() async throws {
        try await host.hypervisor.resume(vm)
        try await host.hypervisor.suspend(vm)
    }

    func undo() async throws {
        if try await host.require(vm).state.isActive {
            try await waitForLibvirt()
            if memory != nil { try await takeBackDisks() }
        }
        let files = try await host.files(of: vm)
        for disk in disks {
            if files[disk.target] == disk.overlay {
                try await MergeLayer(
                    vm: vm, directory: directory, target: disk.target, layer: disk.overlay, base: disk.file, host: host
                ).apply()
            } else {
                try await host.onFiles { () throws(FileError) in try DurableFile.remove(disk.overlay) }
            }
        }
        if let memory { try await host.onFiles { () throws(FileError) in try DurableFile.remove(memory) } }
    }
}

/// Moves what a layer holds into the one below, which nobody else is built on, and lets everybody who needed the layer
/// have that one. Whatever happens in between, what any other layer shows stays the same.
struct MergeLayer: JobStep {
    let vm: VMID
    let directory: VMDirectory
    let target: String
    let layer: String
    let base: String
    let host: JobHost
    var name: String { "merge \(target)" }

    func probe() async -> StepProbe { await host.onFiles { DurableFile.exists(layer) } ? .absent : .done }

    func apply() async throws {
        var attempts = 3
        while try await !isMerged() {
            guard attempts > 0 else {
                throw JobProblem(
                    "merge-failed",
                    "libvirt gave up moving \(layer) into \(base); the VM is as before; see its log, and whether the disk "
                        + "is full")
            }
            attempts -= 1
        }
        for other in await host.onFiles({ directory.layers }) where other != layer {
            guard try await DiskLayer.chain(of: other).first?.backing == layer else { continue }
            try await DiskLayer.change("rebase", "-u", "-F", "qcow2", "-b", base, other)
        }
        try await host.forgetChain(of: vm, disk: target)
        try await host.onFiles {
            for manifest in try directory.manifests() where manifest.disks.contains(where: { $0.file == layer }) {
                var manifest = manifest
                for index in manifest.disks.indices where manifest.disks[index].file == layer {
                    manifest.disks[index].file = base
                    manifest.disks[index].format = "qcow2"
                }
                try manifest.write(to: directory.keptState(of: manifest.id))
            }
            try DurableFile.remove(layer)
        }
    }

    /// Takes one step towards it.
    /// - Returns: whether all that the layer holds is in the one below, and no VM uses the layer.
    private func isMerged() async throws -> Bool {
        let domain = try await host.require(vm)
        guard let active = try await host.files(of: vm)[target] else {
            throw JobProblem("vm-changed", "somebody has taken disk \(target) from VM \(domain.name) meanwhile")
        }
        // From here on the guest may have written to it: what the layer holds is older.
        if active == base { return true }
        if domain.state.isActive {
            let chain = try await DiskLayer.chain(of: active).map(\.filename)
            if chain.contains(layer) {
                try await commitLive(isActive: active == layer)
                return false
            }
            if chain.contains(base) { return true }
        }
        try await DiskLayer.change("commit", "-d", layer)
        guard active == layer else { return true }
        try await host.requireUnchanged(vm, isActive: false)
        let edit = DomainEdit(files: [target: base])
        _ = try await host.hypervisor.define(edit.applied(to: host.hypervisor.definition(of: vm)))
        return true
    }

    private func commitLive(isActive: Bool) async throws {
        if try await host.hypervisor.blockJob(vm, disk: target) == nil {
            try await host.hypervisor.startCommit(vm, disk: target, of: layer, into: base)
        }
        while let job = try await host.hypervisor.blockJob(vm, disk: target) {
            if isActive, job.isReady { return try await host.hypervisor.pivot(vm, disk: target) }
            try await host.time.sleep(for: .milliseconds(100))
        }
    }

}

/// Removes layers that nobody needs any more.
struct RemoveLayers: JobStep {
    let files: [String]
    let host: JobHost
    let name = "layers"

    func probe() async -> StepProbe {
        await host.onFiles { files.contains(where: DurableFile.exists) } ? .absent : .done
    }

    func apply() async throws {
        try await host.onFiles { () throws(FileError) in for file in files { try DurableFile.remove(file) } }
    }
}

extension JobHost {
    /// Libvirt keeps the files below a disk in the persistent definition (`<backingStore>`) and opens those at the next start,
    /// whatever the files themselves say. Without that it finds them by itself.
    func forgetChain(of vm: VMID, disk target: String) async throws {
        let xml = try await hypervisor.definition(of: vm)
        guard xml.contains("<backingStore"),
            let file = try DomainDefinition(xml: xml).disks.first(where: { $0.target == target })?.file
        else { return }
        _ = try await hypervisor.define(DomainEdit(files: [target: file]).applied(to: xml))
    }

    /// Whether the VM's disks are in these overlays.
    func writes(_ vm: VMID, to disks: [OverlaidDisk]) async throws -> Bool {
        let files = try await files(of: vm)
        return disks.allSatisfy { files[$0.target] == $0.overlay }
    }

    /// Waits until libvirt has ended what it does with the VM by itself.
    func waitUntilIdle(_ vm: VMID) async throws {
        while try await hypervisor.isBusy(vm) { try await time.sleep(for: .milliseconds(100)) }
    }

    /// The disks that the VM has at the moment and writes to. Snapshots leave out what its definition says or will say at
    /// the next start.
    func writableDisks(of vm: VMID) async throws -> [DomainDefinition.Disk] {
        let leftOut = try await DomainDefinition(xml: hypervisor.definition(of: vm)).disks.filter(\.isLeftOut)
        return try await DomainDefinition(xml: hypervisor.liveDefinition(of: vm)).disks.filter(\.isWritable).map {
            var disk = $0
            disk.isLeftOut = disk.isLeftOut || leftOut.contains { $0.target == disk.target }
            return disk
        }
    }

    /// The files that the VM's disks are in at the moment, by target.
    func files(of vm: VMID) async throws -> [String: String] {
        let disks = try DomainDefinition(xml: await hypervisor.liveDefinition(of: vm)).disks
        return Dictionary(disks.compactMap { disk in disk.file.map { (disk.target, $0) } }) { first, _ in first }
    }
}

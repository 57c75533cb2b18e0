import FleetModel
import FleetRuntime
import FoundationEssentials
import Hypervisor

/// `snapshot.delete`: gives a snapshot up. What the VM is, and what other snapshots hold, stays; layers that only the
/// snapshot kept apart become one, while the VM runs or not. Once begun it only goes forward.
struct DeleteSnapshot: JobKind {
    static let name = JobKindName.snapshotDelete

    let arguments: SnapshotArguments
    var vm: VMID { arguments.vm }
    var locks: Set<String> { ["vm \(vm)"] }

    init(job: JobID, arguments: SnapshotArguments) { self.arguments = arguments }

    struct Plan: Codable, Equatable, Sendable {
        var directory: VMDirectory
        /// What moves into the layer below, by the disk's target.
        var merges: [Merge]
        /// Layers that nothing is built on.
        var unneeded: [String]

        struct Merge: Codable, Equatable, Sendable {
            var target: String
            var layer: String
            var base: String
        }
    }

    func plan(on host: JobHost) async throws -> Plan {
        let (domain, directory) = try await host.requireOwn(vm, "delete snapshots of")
        let manifest = try await host.requireSnapshot(arguments.snapshot, of: domain, in: directory)
        guard !manifest.pinned else {
            throw JobProblem("pinned", "snapshot \(manifest.name) of VM \(domain.name) is pinned; unpin it first")
        }
        let inUse = Set(try await host.files(of: vm).values)
        let others = try await host.onFiles { try directory.manifests().filter { $0.id != manifest.id } }
        let needed = inUse.union(others.flatMap(\.disks).map(\.file))
        var plan = Plan(directory: directory, merges: [], unneeded: [])
        for merge in manifest.merges ?? [] where DurableFile.exists(merge.layer) {
            try await plan.goOn(with: merge, needed: needed, of: vm, on: host)
        }
        // What another one has by now was merged by a deletion that did not end.
        let settled = needed.union(plan.merges.map(\.base))
        for disk in manifest.disks where !settled.contains(disk.file) && DurableFile.exists(disk.file) {
            let layers = try await host.layers(above: disk.file, of: vm, in: directory)
                .filter { !plan.unneeded.contains($0) }
            let isOwn = directory.isLayer(disk.file)
            guard isOwn || layers.isEmpty else {
                throw JobProblem(
                    "foreign-layer",
                    "disk \(disk.target) of snapshot \(manifest.name) is in \(disk.file), which virtfleet did not make and "
                        + "therefore does not change; use virsh blockcommit and qemu-img")
            }
            switch layers.count {
            case 0: if isOwn { plan.unneeded.append(disk.file) }
            case 1 where directory.isLayer(layers[0]):
                plan.merges.append(Plan.Merge(target: disk.target, layer: layers[0], base: disk.file))
            default:
                throw JobProblem(
                    "in-use",
                    "\(layers.count) layers are built on snapshot \(manifest.name) of VM \(domain.name): "
                        + "\(layers.joined(separator: ", ")); delete what they belong to first")
            }
        }
        if !plan.merges.isEmpty { try await checkMerges(plan, domain, host) }
        return plan
    }

    private func checkMerges(_ plan: Plan, _ domain: Domain, _ host: JobHost) async throws {
        try await host.requireNoSavedMemory(domain)
        try await host.requireNoForeignSnapshots(domain)
        let needed = plan.merges.map { DurableFile.usedBytes($0.layer) }.reduce(0, +)
        let free = try await host.onFiles { () throws(FileError) in
            try DurableFile.freeBytes(at: plan.directory.path)
        }
        guard free >= needed else {
            throw JobProblem(
                "no-space",
                "to delete the snapshot, up to \(needed >> 20) MiB are moved in \(plan.directory.path) before they are "
                    + "freed, and \(free >> 20) MiB are free; free some")
        }
    }

    func steps(of plan: Plan, on host: JobHost) -> [any JobStep] {
        let state = plan.directory.keptState(of: arguments.snapshot)
        let merges = plan.merges.map {
            MergeLayer(
                vm: vm, directory: plan.directory, target: $0.target, layer: $0.layer, base: $0.base, host: host)
        }
        let begin = ChangeManifest(state: state, name: "manifest", host: host) {
            $0.isBeingDeleted = true
            $0.merges = plan.merges.isEmpty ? nil : plan.merges
        }
        return [begin] + merges
            + [RemoveLayers(files: plan.unneeded, host: host), RemoveState(state: state, host: host)]
    }
}

extension DeleteSnapshot.Plan {
    /// What an earlier deletion began to merge and did not end. Where somebody needs the layer it is merged, once more if it
    /// was: below a layer that is needed nothing has been written since. A layer that nobody needs was the one in use, whose
    /// guest writes to the one below by now.
    fileprivate mutating func goOn(
        with merge: Merge, needed: Set<String>, of vm: VMID, on host: JobHost
    ) async throws {
        let above = try await host.layers(above: merge.layer, of: vm, in: directory)
        if needed.contains(merge.layer) || !above.isEmpty {
            merges.append(merge)
        } else {
            unneeded.append(merge.layer)
        }
    }
}

extension JobHost {
    /// - Throws: `JobProblem` when the VM has no such snapshot, or its manifest cannot be read.
    func requireSnapshot(
        _ id: JobID, of domain: Domain, in directory: VMDirectory
    ) async throws -> SnapshotManifest {
        let state = directory.keptState(of: id)
        return try await onFiles {
            guard DurableFile.exists(state.manifest) else {
                throw JobProblem(
                    "no-such-snapshot", "VM \(domain.name) has no snapshot \(id); it may have been deleted")
            }
            return try SnapshotManifest.read(state)
        }
    }

    /// - Throws: `JobProblem` as `requireSnapshot`, and when a deletion of it has begun.
    func requireWholeSnapshot(
        _ id: JobID, of domain: Domain, in directory: VMDirectory
    ) async throws -> SnapshotManifest {
        let manifest = try await requireSnapshot(id, of: domain, in: directory)
        guard !manifest.isBeingDeleted else {
            throw JobProblem(
                "being-deleted",
                "the deletion of snapshot \(manifest.name) of VM \(domain.name) has begun; it can only be deleted")
        }
        return manifest
    }

    /// Whatever is built directly on a layer: other layers of the VM, and disks of other VMs, by what their owner has there.
    func layers(above file: String, of vm: VMID, in directory: VMDirectory) async throws -> [String] {
        var above: [String] = []
        for layer in await onFiles({ directory.layers }) where layer != file {
            if try await DiskLayer.chain(of: layer).first?.backing == file { above.append(layer) }
        }
        for other in try await hypervisor.domains() where other.id != vm {
            for layer in try await layers(of: hypervisor.definitions(of: other.id))
            where layer.backing == file || layer.filename == file {
                above.append("\(layer.filename) of VM \(other.name)")
            }
        }
        return above
    }
}

import FleetModel
import FleetRuntime
import Hypervisor

/// The snapshots that a host's VMs have, as their directories tell.
public struct SnapshotCatalogue: Sendable {
    public struct Snapshots: Equatable, Sendable {
        /// Oldest first.
        public var own: [VMSnapshot]
        /// The names of those that libvirt knows of.
        public var foreign: [String]
        /// What a revert gives up: the layers that the VM writes to, in whole MiB; nil without snapshots.
        public var unkeptBytes: UInt64?

        public init(own: [VMSnapshot] = [], foreign: [String] = [], unkeptBytes: UInt64? = nil) {
            self.own = own
            self.foreign = foreign
            self.unkeptBytes = unkeptBytes
        }
    }

    private let host: JobHost

    public init(_ host: JobHost) { self.host = host }

    /// - Returns: nil for a VM that virtfleet did not make.
    /// - Throws: `JobProblem` for a snapshot that cannot be read, and what the hypervisor throws.
    public func snapshots(of domain: Domain) async throws -> Snapshots? {
        guard let origin = domain.origin, host.isOwn(domain) else { return nil }
        let directory = try await host.directory(of: domain, madeBy: origin.job)
        let manifests = try await host.onFiles { try directory.manifests() }
        let foreign = try await host.hypervisor.foreignSnapshots(domain.id)
        guard !manifests.isEmpty else { return Snapshots(foreign: foreign) }
        let owners = Dictionary(
            manifests.flatMap { manifest in manifest.disks.map { ($0.file, manifest.id) } }
        ) { first, _ in first }
        var current: JobID?
        var unkept: UInt64 = 0
        for disk in try await host.writableDisks(of: domain.id) where !disk.isLeftOut {
            guard let file = disk.file else { continue }
            if current == nil { current = try await nearest(below: file, owners) }
            unkept += await host.onFiles { DurableFile.usedBytes(file) }
        }
        var own: [VMSnapshot] = []
        for manifest in manifests {
            let files = manifest.disks.map(\.file)
            let state = directory.keptState(of: manifest.id)
            let (size, memory) = await host.onFiles {
                (
                    (files + [state.path]).map(DurableFile.usedBytes).reduce(0, +),
                    manifest.holdsMemory == true ? DurableFile.usedBytes(state.memory) : nil
                )
            }
            own.append(
                VMSnapshot(
                    id: manifest.id, name: manifest.name, createdAt: manifest.createdAt,
                    consistency: manifest.consistency, parent: try await nearest(below: files[0], owners),
                    isCurrent: manifest.id == current, policy: manifest.policy, expiresAt: manifest.expiresAt,
                    pinned: manifest.pinned,
                    isBeingDeleted: manifest.isBeingDeleted, sizeBytes: size,
                    notHeld: manifest.notHeld, memoryBytes: memory))
        }
        // Whole MiB, so that a guest which writes a little does not change its document each time.
        return Snapshots(own: own, foreign: foreign, unkeptBytes: ((unkept + (1 << 20) - 1) >> 20) << 20)
    }

    /// The first snapshot that a layer is built on.
    private func nearest(below file: String, _ owners: [String: JobID]) async throws -> JobID? {
        try await DiskLayer.chain(of: file).dropFirst().lazy.compactMap { owners[$0.filename] }.first
    }
}

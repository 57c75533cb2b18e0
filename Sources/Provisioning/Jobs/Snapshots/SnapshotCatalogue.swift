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

        public init(own: [VMSnapshot] = [], foreign: [String] = []) {
            self.own = own
            self.foreign = foreign
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
        for disk in try await host.writableDisks(of: domain.id) where current == nil && !disk.isLeftOut {
            if let file = disk.file { current = try await nearest(below: file, owners) }
        }
        var own: [VMSnapshot] = []
        for manifest in manifests {
            let files = manifest.disks.map(\.file)
            let size = await host.onFiles {
                (files + [directory.keptState(of: manifest.id).path]).map(DurableFile.usedBytes).reduce(0, +)
            }
            own.append(
                VMSnapshot(
                    id: manifest.id, name: manifest.name, createdAt: manifest.createdAt,
                    consistency: manifest.consistency, parent: try await nearest(below: files[0], owners),
                    isCurrent: manifest.id == current, policy: manifest.policy, pinned: manifest.pinned,
                    isBeingDeleted: manifest.isBeingDeleted, sizeBytes: size,
                    notHeld: manifest.notHeld))
        }
        return Snapshots(own: own, foreign: foreign)
    }

    /// The first snapshot that a layer is built on.
    private func nearest(below file: String, _ owners: [String: JobID]) async throws -> JobID? {
        try await DiskLayer.chain(of: file).dropFirst().lazy.compactMap { owners[$0.filename] }.first
    }
}

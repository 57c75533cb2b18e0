import FleetModel
import FleetRuntime
import FoundationEssentials

/// What makes a kept state a snapshot; written last, as a whole.
struct SnapshotManifest: Codable, Equatable, Sendable {
    /// A layer that nobody writes to as long as the snapshot is there.
    struct Disk: Codable, Equatable, Sendable {
        var target: String
        var file: String
        var format: String
    }

    var id: JobID
    var vm: VMID
    var name: ResourceName
    var createdAt: Date
    var consistency: VMSnapshot.Consistency
    var policy: ResourceName?
    /// When its policy gives it up; absent for one that is kept until somebody does.
    var expiresAt: Date?
    var pinned = false
    var isBeingDeleted = false
    /// What its deletion moves; absent before, and when nothing moves.
    var merges: [DeleteSnapshot.Plan.Merge]?
    var disks: [Disk]
    var holdsVariables = false
    var holdsTPM = false
    /// Absent in manifests that are older than it.
    var holdsMemory: Bool?
    /// Absent when all disks are held.
    var notHeld: [VMSnapshot.LeftOutDisk]?

    /// What is known of it before anything is kept.
    init(
        id: JobID, vm: VMID, name: ResourceName, createdAt: Date, consistency: VMSnapshot.Consistency,
        policy: ResourceName?, expiresAt: Date? = nil, disks: [OverlaidDisk], leftOut: [VMSnapshot.LeftOutDisk]
    ) {
        self.id = id
        self.vm = vm
        self.name = name
        self.createdAt = createdAt
        self.consistency = consistency
        self.policy = policy
        self.expiresAt = expiresAt
        notHeld = leftOut.isEmpty ? nil : leftOut
        self.disks = disks.map { Disk(target: $0.target, file: $0.file, format: $0.format) }
    }

    func write(to state: KeptState) throws {
        try DurableFile.replace(state.manifest, with: FleetJSON.encode(self), mode: 0o600)
    }

    /// - Throws: `JobProblem` for a manifest that cannot be read.
    static func read(_ state: KeptState) throws -> SnapshotManifest {
        func damaged(_ reason: String) -> JobProblem {
            JobProblem(
                "snapshot-damaged",
                "the snapshot's manifest \(state.manifest) cannot be read (\(reason)); nothing was touched; restore the "
                    + "file from a backup, or move its directory away to give the snapshot up")
        }
        let manifest: SnapshotManifest
        do {
            manifest = try FleetJSON.decode(Self.self, from: Data(DurableFile.bytes(of: state.manifest)))
        } catch {
            throw damaged("\(error)")
        }
        guard !manifest.disks.isEmpty else { throw damaged("it names no disk") }
        guard state.path.hasSuffix("/\(manifest.id)") else { throw damaged("it is that of snapshot \(manifest.id)") }
        return manifest
    }
}

extension VMDirectory {
    /// Oldest first.
    func manifests() throws -> [SnapshotManifest] {
        try keptStates.filter { DurableFile.exists($0.manifest) }.map(SnapshotManifest.read)
            .sorted { $0.id.description < $1.id.description }
    }
}

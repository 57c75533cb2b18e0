/// Arguments of `vm.export`.
public struct ExportArguments: Codable, Equatable, Sendable {
    public var vm: VMID
    /// The job that made the snapshot which is exported; absent for the VM as it is, which must be off then.
    public var snapshot: JobID?

    public init(vm: VMID, snapshot: JobID? = nil) {
        self.vm = vm
        self.snapshot = snapshot
    }
}

/// Arguments of `vm.import`.
public struct ImportArguments: Codable, Equatable, Sendable {
    /// The job that made the export, which its directory is named by.
    public var export: JobID
    /// Of the export's manifest, by which all of its files are known.
    public var digest: Digest
    /// The VM that is in it.
    public var vm: VMID
    public var identity: ImportIdentity
    /// Refused when the host has another VM of that name.
    public var name: ResourceName
    public var start: Bool

    public init(
        export: JobID, digest: Digest, vm: VMID, identity: ImportIdentity, name: ResourceName, start: Bool
    ) {
        self.export = export
        self.digest = digest
        self.vm = vm
        self.identity = identity
        self.name = name
        self.start = start
    }
}

/// Who a VM is that comes out of an export.
public enum ImportIdentity: String, Codable, CaseIterable, Sendable {
    /// The same machine in another place: nothing of its identity changes.
    case move
    /// The same machine, which goes on from an earlier time: as `move`, with another generation ID.
    case restore
    /// Another machine with the same disks: UUID, MAC addresses, generation ID and TPM are new.
    case copy
}

/// An export that a job has made.
public struct ExportReference: Codable, Equatable, Sendable {
    /// Of its manifest.
    public var digest: Digest
    /// The name that the VM had.
    public var name: String
    /// Where it is on the host that made it.
    public var directory: String
    /// Of all its files.
    public var sizeBytes: UInt64

    public init(digest: Digest, name: String, directory: String, sizeBytes: UInt64) {
        self.digest = digest
        self.name = name
        self.directory = directory
        self.sizeBytes = sizeBytes
    }
}

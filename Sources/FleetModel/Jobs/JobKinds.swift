/// The kinds of job, with the arguments of each. The controller checks arguments before it plans a job,
/// the agent again before it accepts one.
public enum JobKindName: String, CaseIterable, Codable, Sendable {
    case vmClone = "vm.clone"
    case vmStart = "vm.start"
    case vmStop = "vm.stop"
    case vmReboot = "vm.reboot"
    case vmSuspend = "vm.suspend"
    case vmResume = "vm.resume"
    case vmFocus = "vm.focus"
    case vmUpdate = "vm.update"
    case vmFix = "vm.fix"
    case vmRename = "vm.rename"
    case vmResize = "vm.resize"
    case vmAttach = "vm.attach"
    case vmDetach = "vm.detach"
    case vmExport = "vm.export"
    case vmImport = "vm.import"
    case vmDelete = "vm.delete"
    case snapshotCreate = "snapshot.create"
    case snapshotRevert = "snapshot.revert"
    case snapshotDelete = "snapshot.delete"
    case snapshotPin = "snapshot.pin"
    case snapshotFlatten = "snapshot.flatten"
    case guestExec = "guest.exec"
}

/// Arguments of `vm.clone`.
public struct CloneArguments: Codable, Equatable, Sendable {
    /// Name of the new VM; refused when the host has a domain of that name.
    public var name: ResourceName
    /// The template version's disk image.
    public var image: ImageReference
    /// Name of the profile.
    public var profile: ResourceName
    /// The profile, where the controller has one of that name; else the host's own counts.
    public var profileVersion: ProfileVersion?
    public var start: Bool

    public init(
        name: ResourceName, image: ImageReference, profile: ResourceName, profileVersion: ProfileVersion? = nil,
        start: Bool = true
    ) {
        self.name = name
        self.image = image
        self.profile = profile
        self.profileVersion = profileVersion
        self.start = start
    }
}

/// A template version's image, named by content.
public struct ImageReference: Codable, Hashable, Sendable {
    public enum Format: String, Codable, CaseIterable, Sendable { case qcow2, raw }
    public var template: ResourceName
    public var version: ResourceName
    public var digest: Digest
    public var format: Format
    /// Size of the file.
    public var sizeBytes: UInt64
    /// Size of the disk as a guest sees it.
    public var virtualSizeBytes: UInt64
    /// The UEFI variables that a clone starts with; those of the firmware's makers when nil.
    public var variables: FileReference?
    public var seal: TemplateSeal?

    public init(
        template: ResourceName, version: ResourceName, digest: Digest, format: Format, sizeBytes: UInt64,
        virtualSizeBytes: UInt64, variables: FileReference? = nil, seal: TemplateSeal? = nil
    ) {
        self.template = template
        self.version = version
        self.digest = digest
        self.format = format
        self.sizeBytes = sizeBytes
        self.virtualSizeBytes = virtualSizeBytes
        self.variables = variables
        self.seal = seal
    }

    /// The variables as something to be fetched like an image: their sectors are nobody's disk.
    public var variablesImage: ImageReference? {
        variables.map {
            ImageReference(
                template: template, version: version, digest: $0.digest, format: .raw, sizeBytes: $0.sizeBytes,
                virtualSizeBytes: $0.sizeBytes)
        }
    }
}

/// Arguments of `vm.start`, `vm.suspend`, `vm.resume`, `vm.focus`, `vm.delete` and `snapshot.flatten`.
public struct VMArguments: Codable, Equatable, Sendable {
    public var vm: VMID
    public init(vm: VMID) { self.vm = vm }
}

/// Arguments of `vm.stop`.
public struct StopArguments: Codable, Equatable, Sendable {
    public var vm: VMID
    /// Cut the power (virDomainDestroy) instead of asking the guest.
    public var force: Bool
    /// How long the guest may take to shut down; afterwards the job fails and the VM keeps running.
    public var timeoutSeconds: Int

    public init(vm: VMID, force: Bool = false, timeoutSeconds: Int = 120) {
        self.vm = vm
        self.force = force
        self.timeoutSeconds = timeoutSeconds
    }
}

/// Arguments of `vm.reboot`.
public struct RebootArguments: Codable, Equatable, Sendable {
    public var vm: VMID
    /// Push the reset button (virDomainReset) instead of asking the guest.
    public var force: Bool

    public init(vm: VMID, force: Bool = false) {
        self.vm = vm
        self.force = force
    }
}

/// Arguments of `vm.update`.
public struct UpdateArguments: Codable, Equatable, Sendable {
    public var vm: VMID
    /// The template version that the system disk is made from anew.
    public var image: ImageReference
    /// The name of the snapshot that keeps what was before.
    public var snapshot: ResourceName
    /// How long the guest may take to shut down; afterwards the job fails and the VM keeps running.
    public var shutdownTimeoutSeconds: Int
    /// Start the VM afterwards; else it is left off, and nobody has seen it boot.
    public var start: Bool
    /// The job succeeds only when the guest agent answers within this time of the start; not waited for when absent.
    public var guestAgentTimeoutSeconds: Int?

    public init(
        vm: VMID, image: ImageReference, snapshot: ResourceName, shutdownTimeoutSeconds: Int = 120, start: Bool = true,
        guestAgentTimeoutSeconds: Int? = nil
    ) {
        self.vm = vm
        self.image = image
        self.snapshot = snapshot
        self.shutdownTimeoutSeconds = shutdownTimeoutSeconds
        self.start = start
        self.guestAgentTimeoutSeconds = guestAgentTimeoutSeconds
    }
}

/// Arguments of `vm.fix`.
public struct FixArguments: Codable, Equatable, Sendable {
    public var vm: VMID
    /// The VM's profile, where the controller has one of that name; else the host's own counts, or the VM's.
    public var profileVersion: ProfileVersion?

    public init(vm: VMID, profileVersion: ProfileVersion? = nil) {
        self.vm = vm
        self.profileVersion = profileVersion
    }
}

/// Arguments of `vm.rename`.
public struct RenameArguments: Codable, Equatable, Sendable {
    public var vm: VMID
    /// Refused when the host has another VM of that name.
    public var name: ResourceName

    public init(vm: VMID, name: ResourceName) {
        self.vm = vm
        self.name = name
    }
}

/// Arguments of `vm.resize`; what is absent stays as it is.
public struct ResizeArguments: Codable, Equatable, Sendable {
    public var vm: VMID
    /// At least, and at most where no maximum is given.
    public var memoryMiB: Int?
    /// Only with `memoryMiB`.
    public var maximumMemoryMiB: Int?
    public var vcpus: Int?
    /// Memory and processors that are not given are the profile's again.
    public var asProfile: Bool
    /// A larger system disk.
    public var systemDiskGiB: Int?
    /// A larger data disk.
    public var dataDiskGiB: Int?

    public init(
        vm: VMID, memoryMiB: Int? = nil, maximumMemoryMiB: Int? = nil, vcpus: Int? = nil, asProfile: Bool = false,
        systemDiskGiB: Int? = nil, dataDiskGiB: Int? = nil
    ) {
        self.vm = vm
        self.memoryMiB = memoryMiB
        self.maximumMemoryMiB = maximumMemoryMiB
        self.vcpus = vcpus
        self.asProfile = asProfile
        self.systemDiskGiB = systemDiskGiB
        self.dataDiskGiB = dataDiskGiB
    }

    /// Memory or processors are among it.
    public var changesDefinition: Bool { asProfile || memoryMiB != nil || vcpus != nil }

    /// Why nobody could do this, in the words of a profile's keys; nil when somebody could.
    public var problem: String? {
        guard changesDefinition || systemDiskGiB != nil || dataDiskGiB != nil else {
            return "nothing to change is given: memory, processors, a disk, or the profile's own sizes"
        }
        if maximumMemoryMiB != nil, memoryMiB == nil { return "a maximum of memory needs a minimum" }
        let largestMemory = 16 << 20
        let lowest = min(max(memoryMiB ?? 64, 64), largestMemory)
        for (name, value, range) in [
            ("memory", memoryMiB, 64...largestMemory), ("maximum memory", maximumMemoryMiB, lowest...largestMemory),
            ("vcpus", vcpus, 1...4096), ("the system disk", systemDiskGiB, 1...64 << 10),
            ("the data disk", dataDiskGiB, 1...64 << 10),
        ] {
            if let value, !range.contains(value) {
                return "\(name) must be from \(range.lowerBound) to \(range.upperBound), not \(value)"
            }
        }
        return nil
    }
}

/// Arguments of `guest.exec`.
public struct ExecArguments: Codable, Equatable, Sendable {
    public static let maximumArguments = 32

    public var vm: VMID
    /// One of the commands that the VM's own profile names.
    public var command: ResourceName
    /// Added to the command's own, where the profile allows that.
    public var arguments: [String]

    public init(vm: VMID, command: ResourceName, arguments: [String] = []) {
        self.vm = vm
        self.command = command
        self.arguments = arguments
    }
}

/// Arguments of `snapshot.create`.
public struct SnapshotCreateArguments: Codable, Equatable, Sendable {
    public var vm: VMID
    /// Refused when the VM has a snapshot of that name.
    public var name: ResourceName
    /// The policy that asks for it, which alone may prune it; absent for a person's.
    public var policy: ResourceName?
    /// Whether the memory of a guest that runs is kept as well; not when absent.
    public var memory: Bool?

    public init(vm: VMID, name: ResourceName, policy: ResourceName? = nil, memory: Bool? = nil) {
        self.vm = vm
        self.name = name
        self.policy = policy
        self.memory = memory
    }
}

/// Arguments of `snapshot.revert`.
public struct SnapshotRevertArguments: Codable, Equatable, Sendable {
    public var vm: VMID
    /// The job that made the snapshot.
    public var snapshot: JobID
    /// Start the VM afterwards; else it is left off.
    public var start: Bool
    /// Whether a guest that is started goes on from the memory that the snapshot holds, instead of booting; so when absent.
    public var memory: Bool?

    public init(vm: VMID, snapshot: JobID, start: Bool, memory: Bool? = nil) {
        self.vm = vm
        self.snapshot = snapshot
        self.start = start
        self.memory = memory
    }
}

/// Arguments of `snapshot.delete`.
public struct SnapshotArguments: Codable, Equatable, Sendable {
    public var vm: VMID
    /// The job that made the snapshot.
    public var snapshot: JobID

    public init(vm: VMID, snapshot: JobID) {
        self.vm = vm
        self.snapshot = snapshot
    }
}

/// Arguments of `snapshot.pin`.
public struct SnapshotPinArguments: Codable, Equatable, Sendable {
    public var vm: VMID
    /// The job that made the snapshot.
    public var snapshot: JobID
    /// Whether it is kept from deletion from now on.
    public var pinned: Bool

    public init(vm: VMID, snapshot: JobID, pinned: Bool) {
        self.vm = vm
        self.snapshot = snapshot
        self.pinned = pinned
    }
}

import FleetModel
import FleetRuntime
import Hypervisor
import Placement

/// What jobs ask of the VM that they work on, each with the problem that it is otherwise.
extension JobHost {
    /// - Throws: `JobProblem` when this host has no such VM.
    func require(_ vm: VMID) async throws -> Domain {
        guard let domain = try await hypervisor.domainIfAny(vm) else {
            throw JobProblem("no-such-vm", "this host has no VM \(vm); it may have been deleted or moved")
        }
        return domain
    }

    /// - Throws: `JobProblem` when this host has no such VM, or virtfleet did not make it.
    func requireOwn(_ vm: VMID, _ intent: String) async throws -> (domain: Domain, directory: VMDirectory) {
        let domain = try await require(vm)
        guard let origin = domain.origin, isOwn(domain) else {
            throw JobProblem(
                "not-ours",
                "VM \(domain.name) was not made by virtfleet, which therefore does not \(intent) it; use virsh")
        }
        return (domain, try await directory(of: domain, madeBy: origin.job))
    }

    /// Whether virtfleet made the VM. A copy of one of its VMs, made with other tools, carries its metadata; the identity
    /// tells it apart.
    func isOwn(_ domain: Domain) -> Bool { domain.origin.map { CloneIdentity(job: $0.job).vm } == domain.id }

    /// libvirt names a file that is missing as well, but not what to do, and only after the VM has been given its place.
    /// - Throws: `JobProblem` when a VM of virtfleet's is off, and a file is missing that its disks are built on.
    func requireReadableDisks(of domain: Domain) async throws {
        guard !domain.state.isActive, isOwn(domain) else { return }
        for disk in try await DomainDefinition(xml: hypervisor.definition(of: domain.id)).disks where disk.isWritable {
            if let file = disk.file { _ = try await DiskLayer.chain(of: file) }
        }
    }

    /// A memory that waits for its restoration names the files that the disks were in.
    func requireNoSavedMemory(_ domain: Domain) async throws {
        guard try await hypervisor.hasManagedSave(domain.id) else { return }
        throw JobProblem(
            "saved-memory",
            "the memory of VM \(domain.name) was saved (virsh managedsave) and belongs to the disks as they are; start the "
                + "VM, or drop what was saved with virsh managedsave-remove \(domain.name)")
    }

    /// What libvirt or QEMU keep for a person may depend on layers as they are.
    func requireNoForeignSnapshots(_ domain: Domain) async throws {
        let names = try await hypervisor.foreignSnapshots(domain.id)
        guard !names.isEmpty else { return }
        throw JobProblem(
            "foreign-snapshots",
            "VM \(domain.name) has snapshots that somebody else made (\(names.joined(separator: ", "))) and that may need its "
                + "layers as they are; virtfleet leaves them alone: delete them with virsh snapshot-delete first")
    }

    /// - Throws: `JobProblem` when libvirt is at work on the layers of a disk.
    func requireNoBlockJob(_ domain: Domain, disk: String) async throws {
        guard domain.state.isActive, try await hypervisor.blockJob(domain.id, disk: disk) != nil else { return }
        throw JobProblem(
            "block-job",
            "libvirt is at work on disk \(disk) of VM \(domain.name); wait for it, or abort it with "
                + "virsh blockjob \(domain.name) \(disk) --abort")
    }

    /// - Throws: `JobProblem` when somebody has started or stopped the VM since the job was planned.
    func requireUnchanged(_ vm: VMID, isActive: Bool) async throws {
        let domain = try await require(vm)
        guard domain.state.isActive == isActive else {
            throw JobProblem(
                "vm-changed",
                "VM \(domain.name) is \(domain.state.rawValue), as somebody has \(isActive ? "stopped" : "started") it "
                    + "while the job was at work; ask for the job again")
        }
    }

    /// - Throws: `JobProblem` when another VM of this host has the name.
    func requireFreeName(_ name: ResourceName, except vm: VMID) async throws {
        let taken = try await hypervisor.domains().first { $0.name == name.description && $0.id != vm }
        guard let taken else { return }
        throw JobProblem(
            "name-exists",
            "this host has a VM named \(name) already (\(taken.id)); choose another name, or rename or delete that one "
                + "first")
    }

    /// - Throws: `JobProblem` for the first program that a VM of the profile needs and the host does not have.
    func requirePrograms(for profile: Profile) throws(JobProblem) {
        let required = [
            ("qemu-system-x86_64", "no-qemu", "qemu-system-x86 (Debian) or qemu-system-x86-core (Fedora)"),
            ("qemu-img", "no-qemu-img", "qemu-utils (Debian) or qemu-img (Fedora)"),
            ("prlimit", "no-prlimit", "util-linux"),
        ]
        let forTPM = profile.tpm ? [("swtpm", "no-swtpm", "swtpm and swtpm-tools")] : []
        let forSeed = profile.seed == .none ? [] : [("xorriso", "no-xorriso", "xorriso")]
        for (program, reason, packages) in required + forTPM + forSeed where facilities.program(program) == nil {
            throw JobProblem(reason, "a VM needs the program \(program), which is not here; install \(packages)")
        }
    }

    /// Firmware takes variables of its own size only.
    /// - Parameters:
    ///   - variables: what somebody brings, in words.
    ///   - wanted: the firmware that would do, in words.
    func requireFit(
        of sizeBytes: UInt64, to firmware: FirmwareFiles, _ variables: String, _ wanted: String
    ) async throws {
        let size = await onFiles { DurableFile.size(firmware.variables) }
        guard size != sizeBytes else { return }
        throw JobProblem(
            "variables-wrong-size",
            "\(variables) of \(sizeBytes) bytes, and the firmware here, \(firmware.code), has \(size ?? 0); name the firmware "
                + "\(wanted) in the profile")
    }
}

import FleetModel
import FleetRuntime
import Glibc
import Hypervisor
import Placement

/// Disks and directories that a host has already, and VMs are given.
extension JobHost {
    /// - Throws: `JobProblem` for the first of a profile's disks and directories that a VM could not have.
    func requireHostStorage(of profile: Profile, named name: ResourceName) async throws {
        for share in profile.shares { try await requireShare(share, name) }
        for disk in profile.hostDisks {
            if let device = disk.device { try await requireFree(device) }
            guard let file = disk.file, await !onFiles({ DurableFile.exists(file) }) else { continue }
            throw JobProblem(
                "no-disk",
                "profile \(name) gives the VM the disk \(file), which this host does not have; make it, or name another"
            )
        }
    }

    /// - Throws: `JobProblem` for the first block device that the host, or another VM, uses now.
    func requireFreeDevices(of vm: VMID) async throws {
        let disks = try DomainDefinition(xml: await hypervisor.definition(of: vm)).disks
        for device in disks.compactMap(\.blockDevice) { try await requireFree(device, except: vm) }
    }

    /// Two systems that write to one disk destroy it.
    private func requireFree(_ device: String, except vm: VMID? = nil) async throws {
        switch await onFiles({ BlockDevice(device).use }) {
        case .free: break
        case .absent:
            throw JobProblem(
                "no-disk", "there is no disk \(device) on this host now; connect it, or name another one in the profile"
            )
        case .other(let reason):
            throw JobProblem(
                "no-disk", "\(device) cannot be a VM's disk: \(reason); name a block device in the profile")
        case .taken:
            throw JobProblem(
                "disk-in-use",
                "the host itself uses \(device): it, or a part of it, is mounted, or belongs to swap, LVM or RAID; free it "
                    + "('lsblk \(device)' shows for what), or name another one in the profile")
        }
        let target = await onFiles { BlockDevice(device).target }
        for other in try await hypervisor.domains() where other.id != vm && other.state.isActive {
            let devices = try await hypervisor.definitions(of: other.id).flatMap {
                try DomainDefinition(xml: $0).disks.compactMap(\.blockDevice)
            }
            guard await onFiles({ devices.contains { BlockDevice($0).target == target } }) else { continue }
            throw JobProblem(
                "disk-in-use",
                "VM \(other.name) runs with the disk \(device), which one system alone can use; stop it first")
        }
    }

    private func requireShare(_ share: Profile.Share, _ profile: ResourceName) async throws {
        guard await onFiles({ DurableFile.exists(share.directory) }) else {
            throw JobProblem(
                "no-share",
                "profile \(profile) shares the directory \(share.directory), which this host does not have; make it, or name "
                    + "another one")
        }
        // https://www.qemu.org/docs/master/interop/vhost-user.html#backend-program-conventions
        let root = facilities.root
        let descriptions = await onFiles {
            ["/usr/share/qemu/vhost-user", "/etc/qemu/vhost-user"].flatMap {
                (try? DurableFile.entries(of: root + $0)) ?? []
            }
        }
        guard !descriptions.contains(where: { $0.contains("virtiofsd") }) else { return }
        throw JobProblem(
            "no-virtiofsd",
            "a shared directory needs virtiofsd, which is not here; install virtiofsd (Fedora, Debian 13) or "
                + "qemu-system-common (Debian 12)")
    }
}

/// What a path is to a VM that would have it as its disk.
struct BlockDevice {
    enum Use: Equatable {
        case free, absent
        /// The kernel has given it, or a part of it, to somebody for himself.
        case taken
        case other(reason: String)
    }

    let path: String

    init(_ path: String) { self.path = path }

    /// An exclusive open fails while a block device is in use (open(2), O_EXCL).
    var use: Use {
        var information = stat()
        guard stat(path, &information) == 0 else { return .absent }
        guard information.st_mode & S_IFMT == S_IFBLK else { return .other(reason: "it is no block device") }
        let descriptor = open(path, O_RDONLY | O_EXCL | O_CLOEXEC)
        guard descriptor < 0 else {
            close(descriptor)
            return .free
        }
        return errno == EBUSY ? .taken : .other(reason: String(cString: strerror(errno)))
    }

    /// The device itself, whatever it is called; the path where there is none.
    var target: String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}

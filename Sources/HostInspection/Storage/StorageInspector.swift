import FleetModel

/// /sys/class/block, the mounts, and the hypervisor's pools.
struct StorageInspector: Sendable {
    let foundations: Foundations

    func inspect(_ subject: InspectionSubject, limitations: inout [Inspection.Limitation]) -> StorageDocument {
        let root = subject.root
        let images = mount(of: subject.imagesDirectory, root)
        let pools = subject.pools.sorted { $0.name < $1.name }.map { pool in
            var pool = pool
            pool.mountPoint = pool.path.flatMap { mount(of: $0, root) }?.point
            return pool
        }
        let points = Set(["/", images?.point] + pools.map(\.mountPoint)).compactMap { $0 }
        let fileSystems = points.sorted().compactMap { foundations.mounts.mount(at: $0) }.map {
            fileSystem($0, root, momentary: subject.includesMomentary)
        }
        for system in fileSystems where system.type == "xfs" && system.reflink == nil {
            limitations.append(
                .init(
                    fact: "whether the XFS file system on \(system.mountPoint) can share blocks between copies",
                    needs: "run on the machine itself"))
        }
        return StorageDocument(
            disks: DiskList(root: root, devices: foundations.devices).disks, fileSystems: fileSystems, pools: pools,
            images: StorageDocument.Images(
                path: subject.imagesDirectory, fileSystem: images?.type, mountPoint: images?.point,
                capacityBytes: root.fileSystem(of: subject.imagesDirectory)?.size))
    }

    private func mount(of path: String, _ root: HostRoot) -> MountTable.Mount? {
        // A volume group's path is no file system's.
        path.hasPrefix("/dev/") ? nil : foundations.mounts.mount(holding: root.realPath(path))
    }

    private func fileSystem(
        _ mount: MountTable.Mount, _ root: HostRoot, momentary: Bool
    ) -> StorageDocument.FileSystem {
        let room = root.fileSystem(of: mount.point)
        return StorageDocument.FileSystem(
            mountPoint: mount.point, type: mount.type, source: mount.source, options: mount.options,
            devices: foundations.foundations(of: mount).filter { !$0.isGuess }.map(\.file),
            reflink: reflink(mount, root), capacityBytes: room?.size, availableBytes: momentary ? room?.available : nil)
    }

    private func reflink(_ mount: MountTable.Mount, _ root: HostRoot) -> Bool? {
        switch mount.type {
        case "btrfs", "bcachefs", "ocfs2": true
        case "ext2", "ext3", "ext4", "f2fs", "vfat", "exfat", "ntfs3", "tmpfs": false
        // Decided when it was made.
        case "xfs": root.isLive ? root.xfsSharesBlocks(mount.point) : nil
        default: nil
        }
    }
}

import FleetModel

/// What a path, a mount or a block device finally lies on, through file systems of several disks, device mapper, RAID
/// and loop devices.
struct Foundations: Sendable {
    /// A partition or disk that lies on no other.
    struct Foundation: Equatable, Sendable {
        /// `/dev/nvme0n1p2`.
        var file: String
        /// What stands on it, the topmost first: `/dev/mapper/vg-root`.
        var through: [String]
        var functions: [PCIAddress]
        /// It could not be told whether this is one of the disks; it may be.
        var isGuess = false
    }

    let root: HostRoot
    let devices: BlockDevices
    let mounts: MountTable

    /// Below the file system that holds a path.
    func foundations(ofPath path: String) -> [Foundation] {
        var walk = Walk()
        visit(path: path, through: [], &walk)
        return walk.found
    }

    func foundations(of mount: MountTable.Mount) -> [Foundation] {
        var walk = Walk()
        visit(mount, through: [], &walk)
        return walk.found
    }

    /// - Parameter file: `/dev/nvme0n1p3`.
    func foundations(ofFile file: String) -> [Foundation] {
        var walk = Walk()
        if let name = devices.name(ofFile: file, in: root) { visit(name, through: [], &walk) }
        return walk.found
    }

    /// - Parameter path: `/dev/vg`, the directory of a volume group, or a block device.
    func foundations(ofVolumeGroup path: String) -> [Foundation] {
        var walk = Walk()
        if let name = devices.name(ofFile: path, in: root) {
            visit(name, through: [], &walk)
        } else {
            for name in devices.names(ofVolumeGroup: String(path.dropFirst("/dev/".count))) {
                visit(name, through: [], &walk)
            }
        }
        return walk.found
    }

    private struct Walk {
        var found: [Foundation] = []
        var seen: Set<String> = []
        var depth = 0
        /// The kernel stacks fewer.
        static let deepest = 64
    }

    private func visit(path: String, through: [String], _ walk: inout Walk) {
        guard let mount = mounts.mount(holding: root.realPath(path)) else { return }
        visit(mount, through: through, &walk)
    }

    private func visit(_ mount: MountTable.Mount, through: [String], _ walk: inout Walk) {
        guard walk.depth < Walk.deepest, walk.seen.insert("mount " + mount.point).inserted else { return }
        walk.depth += 1
        defer { walk.depth -= 1 }
        switch mount.type {
        case "overlay":
            for option in mount.superOptions {
                guard ["lowerdir=", "upperdir=", "workdir="].contains(where: { option.hasPrefix($0) }) else { continue }
                for path in option.drop(while: { $0 != "=" }).dropFirst().split(separator: ":") {
                    visit(path: String(path), through: through, &walk)
                }
            }
        case "zfs":
            // Which disks make a pool is written on the disks alone.
            for device in devices.devices.values.sorted(by: { $0.name < $1.name })
            where device.disk == nil && !device.functions.isEmpty {
                walk.found.append(
                    Foundation(
                        file: device.file, through: through + ["the ZFS pool of " + mount.source],
                        functions: device.functions, isGuess: true))
            }
        default:
            for name in names(under: mount) { visit(name, through: through, &walk) }
        }
    }

    /// The block devices of one file system. Where it has several, mountinfo names one (btrfs) or all (bcachefs).
    private func names(under mount: MountTable.Mount) -> [String] {
        var names = mount.source.split(separator: ":").compactMap { devices.name(ofFile: String($0), in: root) }
        if names.isEmpty, let name = mount.number.flatMap({ devices.name(ofNumber: $0) }) { names = [name] }
        guard mount.type == "btrfs", let first = names.first else { return names }
        for fileSystem in root.names(in: "/sys/fs/btrfs") {
            let members = root.names(in: "/sys/fs/btrfs/\(fileSystem)/devices")
            if members.contains(first) { return members }
        }
        return names
    }

    private func visit(_ name: String, through: [String], _ walk: inout Walk) {
        guard walk.depth < Walk.deepest, let device = devices.devices[name], walk.seen.insert(name).inserted
        else { return }
        walk.depth += 1
        defer { walk.depth -= 1 }
        let whole = device.disk.flatMap { devices.devices[$0] } ?? device
        if !whole.slaves.isEmpty {
            for slave in whole.slaves { visit(slave, through: through + [device.file], &walk) }
        } else if let file = whole.backingFile {
            visit(path: file, through: through + [device.file], &walk)
        } else {
            walk.found.append(Foundation(file: device.file, through: through, functions: whole.functions))
        }
    }
}

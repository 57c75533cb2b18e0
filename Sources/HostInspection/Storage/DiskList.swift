/// The disks that are devices of their own, from /sys/class/block (Documentation/ABI/stable/sysfs-block).
struct DiskList: Sendable {
    let root: HostRoot
    let devices: BlockDevices

    /// Made of other devices, of memory or of files, for discs and floppies, or by a server elsewhere.
    private static let others = ["dm-", "md", "loop", "ram", "zram", "bcache", "nbd", "rbd", "drbd", "zd", "sr", "fd"]

    var disks: [StorageDocument.Disk] {
        devices.devices.values.filter(isDisk).sorted { $0.name < $1.name }.map { device in
            let sectors = root.text(device.path + "/size").flatMap { UInt64($0) }
            return StorageDocument.Disk(
                name: device.name, model: root.text(device.path + "/device/model"),
                // In sectors of 512 bytes whatever the disk's own are.
                sizeBytes: sectors.flatMap { $0 < 1 << 54 ? $0 << 9 : nil },
                rotational: root.integer(device.path + "/queue/rotational").map { $0 == 1 },
                discard: root.text(device.path + "/queue/discard_max_bytes").flatMap { UInt64($0) }.map { $0 > 0 },
                removable: root.integer(device.path + "/removable").map { $0 == 1 },
                transport: transport(of: device), functions: device.functions)
        }
    }

    private func isDisk(_ device: BlockDevices.Device) -> Bool {
        device.disk == nil && device.slaves.isEmpty && device.mapperName == nil && !isPathOfNamespace(device.name)
            && !Self.others.contains {
                device.name.hasPrefix($0) && device.name.dropFirst($0.count).first?.isNumber == true
            }
    }

    /// `nvme0c1n1`: one way to the namespace nvme0n1.
    private func isPathOfNamespace(_ name: String) -> Bool { name.hasPrefix("nvme") && name.dropFirst(4).contains("c") }

    private func transport(of device: BlockDevices.Device) -> StorageDocument.Disk.Transport {
        let components = root.realPath(device.path).split(separator: "/")
        func hangs(on prefix: String) -> Bool { components.contains { $0.hasPrefix(prefix) } }
        if device.name.hasPrefix("nvme") { return .nvme }
        if device.name.hasPrefix("mmcblk") { return .mmc }
        if hangs(on: "usb") { return .usb }
        if hangs(on: "ata") { return .sata }
        if hangs(on: "virtio") { return .virtio }
        return device.name.hasPrefix("sd") ? .scsi : device.name.hasPrefix("vd") ? .virtio : .other
    }
}

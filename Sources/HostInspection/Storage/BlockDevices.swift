import FleetModel

/// The block devices of a machine and how they stand on each other: partition on disk, LUKS and LVM on partition, RAID
/// on disks (/sys/class/block, /sys/dev/block).
struct BlockDevices: Sendable {
    struct Device: Sendable {
        /// The kernel's: `nvme0n1p2`, `dm-0`.
        var name: String
        /// Its directory in /sys.
        var path: String
        /// `8:1`.
        var number: String?
        /// The disk of which it is a partition.
        var disk: String?
        /// What it is made of (device mapper, RAID, bcache).
        var slaves: [String]
        /// `vg-root` of /dev/mapper/vg-root.
        var mapperName: String?
        /// Of a loop device.
        var backingFile: String?
        /// What it hangs on; several for an NVMe namespace with several paths.
        var functions: [PCIAddress]

        /// As a person knows it.
        var file: String { mapperName.map { "/dev/mapper/" + $0 } ?? "/dev/" + name }
    }

    /// By name.
    let devices: [String: Device]
    private let byNumber: [String: String]
    private let byMapperName: [String: String]

    init(_ root: HostRoot) {
        var paths: [String: String] = [:]
        for number in root.names(in: "/sys/dev/block") {
            if let name = root.linkName("/sys/dev/block/" + number) { paths[name] = "/sys/dev/block/" + number }
        }
        for disk in root.names(in: "/sys/block") {
            paths[disk] = "/sys/block/" + disk
            for part in root.names(in: "/sys/block/" + disk) where Self.disk(ofPartition: part) == disk {
                paths[part] = "/sys/block/\(disk)/\(part)"
            }
        }
        for name in root.names(in: "/sys/class/block") { paths[name] = "/sys/class/block/" + name }
        let controllers = NVMeControllers(root)
        var devices: [String: Device] = [:]
        for (name, path) in paths {
            let disk = Self.disk(ofPartition: name).flatMap { paths[$0] == nil ? nil : $0 }
            let functions = disk == nil ? root.pciFunctions(above: path) : []
            devices[name] = Device(
                name: name, path: path,
                number: root.text(path + "/dev")
                    ?? (path.hasPrefix("/sys/dev/block/") ? String(path.dropFirst(15)) : nil),
                disk: disk, slaves: root.names(in: path + "/slaves"),
                mapperName: name.hasPrefix("dm-") ? root.text(path + "/dm/name") : nil,
                backingFile: name.hasPrefix("loop") ? root.text(path + "/loop/backing_file") : nil,
                functions: functions.isEmpty && disk == nil
                    ? controllers.functions(ofNamespace: name, at: path) : functions)
        }
        self.devices = devices
        // Two may claim the same number or name in a tree that is not whole; it must always be the same one that counts.
        let sorted = devices.values.sorted { $0.name < $1.name }
        byNumber = Dictionary(sorted.compactMap { device in device.number.map { ($0, device.name) } }) { $1 }
        byMapperName = Dictionary(
            sorted.compactMap { device in device.mapperName.map { ($0, device.name) } }
        ) { $1 }
    }

    /// - Parameter number: `8:1`.
    func name(ofNumber number: String) -> String? { byNumber[number] }

    /// - Parameter file: `/dev/mapper/root`, `/dev/sda1`, `/dev/disk/by-uuid/...`.
    func name(ofFile file: String, in root: HostRoot) -> String? {
        guard file.hasPrefix("/dev/") else { return nil }
        for path in [file, root.realPath(file)] {
            let last = String(path.split(separator: "/").last ?? "")
            if path.hasPrefix("/dev/mapper/"), let name = byMapperName[last] { return name }
            if devices[last] != nil { return last }
        }
        // A logical volume in a tree without /dev.
        let parts = file.dropFirst("/dev/".count).split(separator: "/").map(Self.mapperPart)
        return byMapperName[parts.joined(separator: "-")]
    }

    /// The logical volumes of a volume group.
    func names(ofVolumeGroup group: String) -> [String] {
        let prefix = Self.mapperPart(group[...]) + "-"
        return byMapperName.filter { name, _ in
            name.hasPrefix(prefix) && name.dropFirst(prefix.count).first != "-"
        }.map(\.value).sorted()
    }

    /// A mapper name joins group and volume with a dash, and doubles the dashes in them (lvm(8)).
    private static func mapperPart(_ name: Substring) -> String { String(name.replacing("-", with: "--")) }

    /// The disk's name when `name` has a partition's form: `sda1`, and with a `p` after a digit: `nvme0n1p2`.
    static func disk(ofPartition name: String) -> String? {
        let digits = name.reversed().prefix { $0.isASCII && $0.isNumber }.count
        let rest = name.dropLast(digits)
        guard digits > 0, let last = rest.last else { return nil }
        guard last == "p", let before = rest.dropLast().last, before.isNumber else { return String(rest) }
        return String(rest.dropLast())
    }
}

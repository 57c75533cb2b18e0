import FleetModel

/// /sys/kernel/iommu_groups: the groups as the kernel made them. Groups are read, never predicted.
struct GroupReader: Sendable {
    struct Group: Equatable, Sendable {
        var id: Int
        var type: String?
        var devices: [PCIAddress]
    }

    let root: HostRoot

    /// In the order of their numbers, each with its devices sorted; a group without PCI devices is not told.
    func groups() -> [Group] {
        let directory = "/sys/kernel/iommu_groups"
        return root.names(in: directory).compactMap { Int($0) }.filter { $0 >= 0 }.sorted().compactMap { id in
            let devices = root.names(in: "\(directory)/\(id)/devices").compactMap { PCIAddress($0) }.sorted()
            return devices.isEmpty ? nil : Group(id: id, type: root.text("\(directory)/\(id)/type"), devices: devices)
        }
    }
}

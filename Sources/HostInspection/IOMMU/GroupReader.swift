import FleetModel

/// /sys/kernel/iommu_groups: the groups as the kernel made them. Groups are read, never predicted.
struct GroupReader: Sendable {
    struct Group: Equatable, Sendable {
        var id: Int
        var type: String?
        var devices: [PCIAddress]
    }

    let root: HostRoot

    private static let directory = "/sys/kernel/iommu_groups"

    /// In the order of their numbers, each with its devices sorted; a group without PCI devices is not told. A tree
    /// without the groups' own directory may still hold the devices' links to it.
    func groups() -> [Group] {
        let listed = root.names(in: Self.directory).compactMap(Self.number).sorted().compactMap { id in
            group(id, root.names(in: "\(Self.directory)/\(id)/devices").compactMap { PCIAddress($0) })
        }
        return listed.isEmpty ? linked() : listed
    }

    private func linked() -> [Group] {
        var members: [Int: [PCIAddress]] = [:]
        for name in root.names(in: "/sys/bus/pci/devices") {
            guard let address = PCIAddress(name),
                let id = root.linkName("/sys/bus/pci/devices/\(name)/iommu_group").flatMap(Self.number)
            else { continue }
            members[id, default: []].append(address)
        }
        return members.sorted { $0.key < $1.key }.compactMap { group($0.key, $0.value) }
    }

    private func group(_ id: Int, _ devices: [PCIAddress]) -> Group? {
        devices.isEmpty
            ? nil : Group(id: id, type: root.text("\(Self.directory)/\(id)/type"), devices: devices.sorted())
    }

    /// As the kernel writes it: `01` is no group.
    private static func number(_ name: String) -> Int? {
        Int(name).flatMap { $0 >= 0 && String($0) == name ? $0 : nil }
    }
}

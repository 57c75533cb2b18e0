import FleetModel

/// Which functions can only go to a VM together: those of one IOMMU group, and a GPU with its companions, whatever
/// their groups. PCI-to-PCI bridges stay where they are and count for nothing.
struct DeviceSets: Sendable {
    /// The set of each device, by its place in the list.
    private var setOf: [Int]
    /// The members, sorted by address.
    private var members: [[Int]]

    init(_ devices: [PCIDevice]) {
        var neighbours = [[Int]](repeating: [], count: devices.count)
        // A hub for each group and for each graphics card keeps the number of edges linear.
        func join(_ list: some Collection<Int>) {
            guard let hub = list.first else { return }
            for index in list.dropFirst() {
                neighbours[hub].append(index)
                neighbours[index].append(hub)
            }
        }
        let ends = devices.indices.filter { devices[$0].deviceClass?.isPCIBridge != true }
        let grouped = ends.filter { devices[$0].iommuGroup != nil }
        for group in Dictionary(grouping: grouped, by: { devices[$0].iommuGroup }).values { join(group) }
        for slot in Dictionary(grouping: ends, by: { devices[$0].address.slot }).values {
            let companions = slot.filter { devices[$0].deviceClass?.isGPUCompanion == true }
            for display in slot where devices[display].deviceClass?.isDisplay == true { join([display] + companions) }
        }
        setOf = [Int](repeating: -1, count: devices.count)
        members = []
        for start in devices.indices where setOf[start] < 0 {
            var reached = [start]
            setOf[start] = members.count
            var next = 0
            while next < reached.count {
                for index in neighbours[reached[next]] where setOf[index] < 0 {
                    setOf[index] = members.count
                    reached.append(index)
                }
                next += 1
            }
            members.append(reached.sorted { devices[$0].address < devices[$1].address })
        }
    }

    /// With the device itself.
    func members(with index: Int) -> [Int] { members[setOf[index]] }
}

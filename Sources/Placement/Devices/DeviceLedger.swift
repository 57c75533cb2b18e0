import FleetModel

/// Which PCI functions VMs have. A function goes to one VM, and so does its IOMMU group.
struct DeviceLedger {
    let host: HostDevices
    private var holders: [PCIAddress: VMID] = [:]
    private var groupHolders: [Int: VMID] = [:]
    private var names: [VMID: String] = [:]
    private var matches: [DeviceSelector: [Int]] = [:]

    init(_ host: HostDevices) { self.host = host }

    mutating func take(_ devices: [VMPlacement.Device], for vm: VMID, named name: String) {
        names[vm] = name
        for function in devices.flatMap(\.functions) where holders[function] == nil {
            holders[function] = vm
            guard let group = host.places[function].flatMap({ host.functions[$0].group }) else { continue }
            if groupHolders[group] == nil { groupHolders[group] = vm }
        }
    }

    /// One device for each selector, with its companions.
    mutating func offer(
        _ selectors: [DeviceSelector], obstacles: inout [PlacementObstacle]
    ) -> [VMPlacement.Device] {
        var offered: [VMPlacement.Device] = []
        var own: Set<PCIAddress> = []
        /// Companions that no selector has meant yet.
        var extras: Set<PCIAddress> = []
        // Who has the least choice chooses first.
        let byChoice = selectors.map { (selector: $0, places: matches(of: $0)) }.enumerated().sorted {
            ($0.element.places.count, $0.offset) < ($1.element.places.count, $1.offset)
        }.map(\.element)
        for (selector, places) in byChoice {
            let free = places.first {
                !overlaps(host.functions[$0], own) && hindrance(selector, host.functions[$0]) == nil
            }
            if let function = free.map({ host.functions[$0] }) {
                offered.append(VMPlacement.Device(address: function.address, companions: function.companions))
                own.formUnion(function.all)
                extras.formUnion(function.companions)
            } else if let extra = places.map({ host.functions[$0].address }).first(where: extras.contains) {
                extras.remove(extra)
            } else {
                obstacles.append(shortage(selector, places.filter { !overlaps(host.functions[$0], own) }))
            }
        }
        return offered.sorted { $0.address < $1.address }
    }

    private mutating func matches(of selector: DeviceSelector) -> [Int] {
        if let known = matches[selector] { return known }
        let found = host.matches(of: selector)
        matches[selector] = found
        return found
    }

    /// It, a part of it, or what it is a part of is among the functions already.
    private func overlaps(_ function: HostDevices.Function, _ own: Set<PCIAddress>) -> Bool {
        !own.isDisjoint(with: function.all) || !own.isDisjoint(with: function.virtualFunctions)
            || function.physicalFunction.map(own.contains) == true
    }

    // MARK: Why not

    /// What keeps a VM from having a device.
    private enum Hindrance {
        case hostsPicture
        case unknownCompanion(PCIAddress)
        /// The inventory says no to it, or to a companion.
        case verdict(PCIAddress)
        case holder(VMID)
    }

    private func hindrance(_ selector: DeviceSelector, _ function: HostDevices.Function) -> Hindrance? {
        for address in function.all {
            guard let place = host.places[address] else { return .unknownCompanion(address) }
            let member = host.functions[place]
            guard member.canBePassed else { return .verdict(address) }
            if member.showsHostsPicture, !selector.isDeliberate { return .hostsPicture }
            if let holder = holder(of: member) { return .holder(holder) }
        }
        return nil
    }

    /// The VM that has the function, one of its group, its physical function or one of its virtual ones.
    private func holder(of function: HostDevices.Function) -> VMID? {
        holders[function.address] ?? function.group.flatMap { groupHolders[$0] }
            ?? function.physicalFunction.flatMap { holders[$0] }
            ?? function.virtualFunctions.lazy.compactMap { holders[$0] }.first
    }

    private func shortage(_ selector: DeviceSelector, _ places: [Int]) -> PlacementObstacle {
        guard selector != DeviceSelector() else {
            return PlacementObstacle(
                reason: "One of its device selectors says nothing.",
                fix: "Give it a role, a class, an ID or a port path.")
        }
        guard let nearest = places.first, let hindrance = hindrance(selector, host.functions[nearest]) else {
            return PlacementObstacle(
                reason: "It asks for a \(selector), which this machine does not have.",
                fix: "Change the selector, or put such a device into the machine.")
        }
        let device = host.documents[nearest]
        let found = words(hindrance, of: device)
        let more = places.count > 1 ? " Nor can it have \(places.count - 1) more." : ""
        return PlacementObstacle(
            reason: "It asks for a \(selector). \(device.summary): \(found.reason)\(more)", fix: found.fix)
    }

    private func words(_ hindrance: Hindrance, of device: PCIDevice) -> PlacementObstacle {
        switch hindrance {
        case .hostsPicture:
            return PlacementObstacle(
                reason: "The host shows its picture there.",
                fix: "To give it away all the same, select it by its ID or port path.")
        case .unknownCompanion(let address):
            return PlacementObstacle(reason: "Its companion \(address) is not in the inventory.")
        case .verdict(let address):
            let member = host[address] ?? device
            let who = address == device.address ? "" : "Its companion \(member.summary): "
            return PlacementObstacle(reason: who + member.passthrough.reason, fix: member.passthrough.fix)
        case .holder(let vm):
            let name = names[vm] ?? "\(vm)"
            return PlacementObstacle(
                reason: "\(name) has it, or a part of its group.", fix: "Stop \(name), or take the device from it.")
        }
    }
}

import FleetModel
import FleetRuntime

/// Which PCI functions VMs have. A function goes to one VM, and so does its IOMMU group.
struct DeviceLedger {
    let host: HostDevices
    private var mediated: MediatedLedger
    private var holders: [PCIAddress: VMID] = [:]
    private var groupHolders: [Int: VMID] = [:]
    /// Who gets virtual functions that are still to be made, by physical function.
    private var pools: [PCIAddress: [VMID]] = [:]
    private var names: [VMID: String] = [:]
    private var matches: [DeviceSelector: [Int]] = [:]

    init(_ host: HostDevices) {
        self.host = host
        mediated = MediatedLedger(host)
    }

    /// What a VM can have.
    struct Offer {
        var devices: [VMPlacement.Device] = []
        /// Those of which a virtual function is made for it, once for each.
        var made: [PCIAddress] = []
        /// What is made for it of devices that the host keeps.
        var mediated: [VMPlacement.MediatedDevice] = []

        /// What stays with the host for it.
        var parents: [PCIAddress] { made + mediated.map(\.parent) }

        /// With the physical functions, on whose nodes the virtual ones will be.
        var places: [PCIAddress] { devices.map(\.address) + parents }
    }

    mutating func take(_ offer: Offer, for vm: VMID, named name: String) {
        names[vm] = name
        mediated.take(offer.mediated, for: vm)
        for function in offer.devices.flatMap(\.functions) where holders[function] == nil {
            holders[function] = vm
            guard let group = host.places[function].flatMap({ host.functions[$0].group }) else { continue }
            if groupHolders[group] == nil { groupHolders[group] = vm }
        }
        for physical in offer.made { pools[physical, default: []].append(vm) }
    }

    /// Pools that are made at once have room for VMs that come later: a pool in use cannot grow.
    private static let poolSize = 8

    /// What has to be made for those who took it.
    var reservations: [VirtualFunctionReservation] {
        pools.sorted { $0.key < $1.key }.map { physical, users in
            let most = host.places[physical].map { host.functions[$0].creatable } ?? users.count
            return VirtualFunctionReservation(
                physicalFunction: physical, count: min(most, max(Self.poolSize, users.count)))
        }
    }

    /// One device for each selector, with its companions.
    /// - Parameters:
    ///   - devices: what the VM has been given before.
    ///   - unused: only what no driver of the host's works with, as nobody has said that it may be taken from it.
    mutating func offer(
        _ selectors: [DeviceSelector], beside devices: [VMPlacement.Device] = [], unused: Bool = false,
        obstacles: inout [PlacementObstacle]
    ) -> Offer {
        var missing: [PlacementObstacle] = []
        let offer = choose(selectors, beside: devices, unused, sparing: false, &missing)
        if missing.isEmpty { return offer }
        // A physical function takes its virtual ones with it, which may be what is missing.
        var stillMissing: [PlacementObstacle] = []
        let sparing = choose(selectors, beside: devices, unused, sparing: true, &stillMissing)
        if stillMissing.isEmpty { return sparing }
        obstacles += missing
        return offer
    }

    /// - Parameter sparing: takes physical functions that have virtual ones only where nothing else is left.
    private mutating func choose(
        _ selectors: [DeviceSelector], beside devices: [VMPlacement.Device], _ unused: Bool, sparing: Bool,
        _ obstacles: inout [PlacementObstacle]
    ) -> Offer {
        var offer = Offer()
        var own = Set(devices.flatMap(\.functions))
        /// Companions that no selector has meant yet.
        var extras: Set<PCIAddress> = []
        // Who has the least choice chooses first.
        let byChoice = selectors.map { (selector: $0, places: matches(of: $0)) }.enumerated().sorted {
            ($0.element.places.count, $0.offset) < ($1.element.places.count, $1.offset)
        }.map(\.element)
        for (selector, places) in byChoice {
            if let type = selector.mdevType {
                let parents = places.map { host.functions[$0] }.filter { canShare($0, own, offer.made) }
                if let share = mediated.offer(type, of: parents, beside: offer.mediated) {
                    offer.mediated.append(share)
                } else {
                    obstacles.append(shortageOfShares(selector, type, places, own))
                }
                continue
            }
            var candidates =
                selector.virtualFunction
                ? places.flatMap { host.functions[$0].virtualFunctions }.compactMap { host.places[$0] } : places
            if sparing {
                let whole = candidates.filter { !host.functions[$0].virtualFunctions.isEmpty }
                candidates = candidates.filter { host.functions[$0].virtualFunctions.isEmpty } + whole
            }
            let free = candidates.first {
                !overlaps(host.functions[$0], own, offer.parents) && hindrance(selector, host.functions[$0]) == nil
                    && !(unused && host.functions[$0].isInUse)
            }
            if let function = free.map({ host.functions[$0] }) {
                offer.devices.append(
                    VMPlacement.Device(
                        address: function.address, companions: function.companions, mac: selector.mac))
                own.formUnion(function.all)
                extras.formUnion(function.companions)
            } else if selector.virtualFunction {
                if let pool = places.first(where: { canMake(host.functions[$0], own, offer) }) {
                    offer.made.append(host.functions[pool].address)
                } else {
                    obstacles.append(shortageOfFunctions(selector, places, own))
                }
            } else if let extra = places.map({ host.functions[$0].address }).first(where: extras.contains) {
                extras.remove(extra)
            } else {
                obstacles.append(
                    shortage(selector, places.filter { !overlaps(host.functions[$0], own, offer.parents) }))
            }
        }
        offer.devices.sort { $0.address < $1.address }
        return offer
    }

    private mutating func matches(of selector: DeviceSelector) -> [Int] {
        if let known = matches[selector] { return known }
        let found = host.matches(of: selector)
        matches[selector] = found
        return found
    }

    /// It, a part of it or of a companion, or what one of them is a part of is among the functions already.
    private func overlaps(
        _ function: HostDevices.Function, _ own: Set<PCIAddress>, _ parents: [PCIAddress]
    ) -> Bool {
        let members = function.all.compactMap { host.places[$0].map { host.functions[$0] } }
        let whole = function.all + members.flatMap(\.virtualFunctions)
        return !own.isDisjoint(with: whole) || !own.isDisjoint(with: members.compactMap(\.physicalFunction))
            || !Set(parents).isDisjoint(with: whole)
    }

    private func canMake(
        _ function: HostDevices.Function, _ own: Set<PCIAddress>, _ offer: Offer
    ) -> Bool {
        let users = pools[function.address, default: []].count + offer.made.count { $0 == function.address }
        return users < function.creatable && !own.contains(function.address) && holders[function.address] == nil
            && !function.isShared && mediated.user(of: function) == nil
            && !offer.mediated.contains { $0.parent == function.address }
    }

    /// The host keeps it, and nobody has it as a whole, so that a VM can get a share of it.
    private func canShare(_ function: HostDevices.Function, _ own: Set<PCIAddress>, _ made: [PCIAddress]) -> Bool {
        !isOwn(function, own) && !made.contains(function.address) && wholeHolder(of: function) == nil
    }

    private func isOwn(_ function: HostDevices.Function, _ own: Set<PCIAddress>) -> Bool {
        own.contains(function.address) || function.physicalFunction.map(own.contains) == true
            || !own.isDisjoint(with: function.virtualFunctions)
    }

    // MARK: Why not

    /// What keeps a VM from having a device.
    private enum Hindrance {
        case hostsPicture
        case unknownCompanion(PCIAddress)
        /// The inventory says no to it, or to a companion.
        case verdict(PCIAddress)
        case holder(VMID)
        /// It has mediated devices that no VM of the plan has.
        case shares
    }

    private func hindrance(_ selector: DeviceSelector, _ function: HostDevices.Function) -> Hindrance? {
        for address in function.all {
            guard let place = host.places[address] else { return .unknownCompanion(address) }
            let member = host.functions[place]
            guard member.canBePassed else { return .verdict(address) }
            if member.showsHostsPicture, !selector.isDeliberate { return .hostsPicture }
            if let holder = holder(of: member) { return .holder(holder) }
            if isShared(member) { return .shares }
        }
        return nil
    }

    /// The VM that has the function, one of its group, its physical function or one of its virtual ones.
    private func holder(of function: HostDevices.Function) -> VMID? {
        wholeHolder(of: function) ?? mediated.user(of: function)
    }

    /// The same, but for who has a share.
    private func wholeHolder(of function: HostDevices.Function) -> VMID? {
        holders[function.address] ?? function.group.flatMap { groupHolders[$0] }
            ?? function.physicalFunction.flatMap { holders[$0] }
            ?? function.virtualFunctions.lazy.compactMap { holders[$0] }.first
            ?? pools[function.address]?.first
    }

    private func isShared(_ function: HostDevices.Function) -> Bool {
        function.isShared
            || function.virtualFunctions.contains { host.places[$0].map { host.functions[$0].isShared } == true }
    }

    private func shortage(_ selector: DeviceSelector, _ places: [Int]) -> PlacementObstacle {
        guard !selector.isEmpty else { return Self.emptySelector }
        if let nearest = places.first, hindrance(selector, host.functions[nearest]) == nil,
            let driver = host.documents[nearest].hostsDriver
        {
            return PlacementObstacle(
                reason:
                    "It would like a \(selector). \(host.documents[nearest].summary): the host's driver \(driver) has it.",
                fix: "Bind it to vfio-pci when the host boots, or ask for it by name.")
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

    private static let emptySelector = PlacementObstacle(
        reason: "One of its device selectors says nothing.", fix: "Give it a role, a class, an ID or a port path.")

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
        case .shares:
            return PlacementObstacle(
                reason: "Somebody has made mediated devices of it, which would go with it.",
                fix: "Remove them: 'mdevctl list' shows whose they are.")
        }
    }

    // MARK: Virtual functions

    /// - Parameter places: of the physical functions that are meant.
    private func shortageOfFunctions(
        _ selector: DeviceSelector, _ places: [Int], _ own: Set<PCIAddress>
    ) -> PlacementObstacle {
        guard !selector.isEmpty else { return Self.emptySelector }
        guard let nearest = places.first else {
            return PlacementObstacle(
                reason: "It asks for a \(selector), and no such device of this machine has virtual functions.",
                fix: "Change the selector, or turn SR-IOV on in the firmware setup.")
        }
        let device = host.documents[nearest]
        let found = words(of: host.functions[nearest], device, selector, isOwn: own.contains(device.address))
        let more = places.count > 1 ? " Nor can it have one of \(places.count - 1) more." : ""
        return PlacementObstacle(
            reason: "It asks for a \(selector). \(device.summary): \(found.reason)\(more)", fix: found.fix)
    }

    private func words(
        of function: HostDevices.Function, _ device: PCIDevice, _ selector: DeviceSelector, isOwn: Bool
    ) -> PlacementObstacle {
        if isOwn {
            return PlacementObstacle(
                reason: "It gets the device itself, whose virtual functions go with it.",
                fix: "Ask for one of the two.")
        }
        if let holder = holders[function.address] { return words(.holder(holder), of: device) }
        let existing = function.virtualFunctions.compactMap { host.places[$0] }
        // What keeps it from one of them that no VM has is more than that there are too few.
        for place in existing {
            let refused = hindrance(selector, host.functions[place])
            if case .holder? = refused { continue }
            if let refused { return words(refused, of: host.documents[place]) }
        }
        if !existing.isEmpty || device.sriov.map({ $0.current > 0 }) == true {
            return PlacementObstacle(
                reason:
                    "VMs have all its \(max(existing.count, device.sriov?.current ?? 0)) virtual functions, and more "
                    + "can be made only while nobody has one.", fix: "Stop a VM that has one.")
        }
        if function.creatable > 0 {
            return PlacementObstacle(
                reason: "Other VMs get all the \(function.creatable) virtual functions that it can have.",
                fix: "Stop a VM that has one.")
        }
        return device.iommuGroup == nil
            ? PlacementObstacle(reason: device.passthrough.reason, fix: device.passthrough.fix)
            : PlacementObstacle(
                reason: "No driver of the host has it that could make virtual functions.",
                fix: "Bind it to its own driver.")
    }

    // MARK: Mediated devices

    /// - Parameter places: of the devices that are meant and offer the type.
    private func shortageOfShares(
        _ selector: DeviceSelector, _ type: MediatedTypeID, _ places: [Int], _ own: Set<PCIAddress>
    ) -> PlacementObstacle {
        guard !selector.isEmpty else { return Self.emptySelector }
        guard let nearest = places.first else { return lackOfTypes(selector, type) }
        let (function, device) = (host.functions[nearest], host.documents[nearest])
        let found: PlacementObstacle
        if isOwn(function, own) {
            found = PlacementObstacle(
                reason: "It gets the device itself, or its virtual functions, and can have no share of it then.",
                fix: "Ask for one of the two.")
        } else if let holder = wholeHolder(of: function) {
            found = words(.holder(holder), of: device)
        } else {
            found = mediated.shortage(type, of: function)
        }
        let more = places.count > 1 ? " Nor can it have one of \(places.count - 1) more." : ""
        return PlacementObstacle(
            reason: "It asks for a \(selector). \(device.summary): \(found.reason)\(more)", fix: found.fix)
    }

    /// No device that is meant offers it. What they offer instead is the next thing to know.
    private func lackOfTypes(_ selector: DeviceSelector, _ type: MediatedTypeID) -> PlacementObstacle {
        var parent = selector
        parent.mdevType = .auto
        let offered = host.documents.indices
            .filter { !host.functions[$0].mediatedTypes.isEmpty && parent.matches(host.documents[$0]) }
            .flatMap { host.functions[$0].mediatedTypes.map(\.id.description) }
        guard !offered.isEmpty else {
            return PlacementObstacle(
                reason: "It asks for a \(selector), and no such device of this machine offers mediated devices.",
                fix:
                    "Change the selector, or load a driver that makes them (kvmgt for Intel's GVT-g, NVIDIA's vGPU software)."
            )
        }
        let known = Set(offered).sorted()
        return PlacementObstacle(
            reason:
                "It asks for a \(selector), and such devices of this machine offer \(known.joined(separator: ", ")).",
            fix: "Name one of these (\(Suggestion.text(for: type.description, among: known))).")
    }
}

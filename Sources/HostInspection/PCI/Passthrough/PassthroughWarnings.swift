import FleetModel

/// What a person should know before a device is given to a VM, though it can be.
struct PassthroughWarnings: Sendable {
    private let devices: [PCIDevice]
    private let iommu: IOMMUDocument
    private let sets: DeviceSets
    private let byIDs: [String: [Int]]
    private let byBus: [String: [Int]]
    private let virtualFunctions: [PCIAddress: [Int]]
    private let places: [PCIAddress: Int]
    private let displays: [Int]
    private let portBlockers: [Int: [PCIAddress]]

    init(_ devices: [PCIDevice], iommu: IOMMUDocument, sets: DeviceSets) {
        self.devices = devices
        self.iommu = iommu
        self.sets = sets
        let places = Dictionary(devices.indices.map { (devices[$0].address, $0) }) { first, _ in first }
        self.places = places
        byIDs = Dictionary(grouping: devices.indices.filter { devices[$0].ids != nil }) { devices[$0].ids ?? "" }
        byBus = Dictionary(grouping: devices.indices) { devices[$0].address.busName }
        virtualFunctions = devices.indices.reduce(into: [:]) { table, index in
            if let physical = devices[index].physicalFunction { table[physical, default: []].append(index) }
        }
        displays = devices.indices.filter {
            devices[$0].deviceClass?.isDisplay == true && devices[$0].physicalFunction == nil
        }
        portBlockers = iommu.groups.reduce(into: [:]) { table, group in
            table[group.id] = group.blockers.filter {
                places[$0].map { devices[$0].deviceClass?.isPCIBridge == true } ?? false
            }
        }
    }

    func warnings(
        _ index: Int, _ verdict: PCIDevice.Verdict, _ risk: PCIDevice.ResetRisk?
    ) -> [String] {
        guard verdict != .never else { return [] }
        var warnings: [String] = []
        if verdict != .blocked, iommu.acsOverride {
            warnings.append(
                "Groups are forced apart by pcie_acs_override and not trustworthy: the VM may reach other devices.")
        }
        let set = verdict == .pass || verdict == .passWithCompanions ? sets.members(with: index) : [index]
        warnings += set.compactMap(noPicture)
        guard verdict == .pass || verdict == .passWithCompanions else { return warnings }
        warnings += set.compactMap(unseen) + set.flatMap(consent)
        if iommu.interruptRemapping == false {
            warnings.append(
                "Interrupt remapping is off, and without it VFIO refuses devices: enable it, often listed with x2APIC or "
                    + "VT-d, in the firmware setup, and remove intremap=off from the kernel's command line.")
        }
        warnings += ports(index) + reset(index, risk) + virtualisation(index) + twins(index, set)
        return warnings
    }

    /// What a reset of this device would do, as far as its methods are known.
    func resetRisk(_ index: Int) -> PCIDevice.ResetRisk? {
        guard let methods = devices[index].resetMethods else { return nil }
        if methods.isEmpty { return .impossible }
        // At boot the kernel tests function 0 while it is alone on its bus, and so promises a bus reset of it.
        return methods.allSatisfy { $0 == "bus" } && !neighbours(index).isEmpty ? .neighbours : PCIDevice.ResetRisk.none
    }

    /// Functions on the same bus that would not go along.
    private func neighbours(_ index: Int) -> [Int] {
        let set = Set(sets.members(with: index))
        return (byBus[devices[index].address.busName] ?? []).filter { !set.contains($0) }
    }

    private func reset(_ index: Int, _ risk: PCIDevice.ResetRisk?) -> [String] {
        switch risk {
        case .impossible:
            ["The kernel cannot reset it: what one VM leaves in it, the next one finds, and it may not start twice."]
        case .neighbours:
            [
                "It can only be reset together with its bus, where "
                    + "\(neighbours(index).map { "\(devices[$0].address)" }.joined(separator: ", ")) would be reset too."
            ]
        case PCIDevice.ResetRisk.none?, nil: []
        }
    }

    private func noPicture(_ index: Int) -> String? {
        guard devices[index].gpu?.role == .renderOnly else { return nil }
        return "\(devices[index].address) has no output of its own: a VM can compute with it but shows no picture on a "
            + "monitor (a muxless laptop's second GPU is such a one)."
    }

    private func unseen(_ index: Int) -> String? {
        guard devices[index].deviceClass == nil else { return nil }
        return "What \(devices[index].address) is cannot be seen: it may be a part that the host cannot give away."
    }

    private func consent(_ index: Int) -> [String] {
        let device = devices[index]
        var warnings: [String] = []
        if displays == [index] {
            warnings.append(
                "\(device.address) is the only graphics card: the host is left without a picture. This needs consent.")
        }
        if device.bootFramebuffer == true || device.bootVGA == true && device.deviceClass?.isDisplay == true {
            warnings.append(
                "\(device.address) shows the host's picture since boot, and the boot framebuffer may hold on to it. "
                    + "This needs consent.")
        }
        return warnings
    }

    private func ports(_ index: Int) -> [String] {
        guard let group = devices[index].iommuGroup else { return [] }
        return (portBlockers[group] ?? []).map { port in
            "VFIO refuses group \(group) while the port \(port) is bound to "
                + "\(places[port].flatMap { devices[$0].driver } ?? "a driver") in place of pcieport."
        }
    }

    private func virtualisation(_ index: Int) -> [String] {
        let device = devices[index]
        if let physical = device.physicalFunction {
            guard let place = places[physical], devices[place].isClaimed else { return [] }
            return ["Its physical function \(physical) is itself with a VM; until that ends, this one cannot be had."]
        }
        let functions = virtualFunctions[device.address] ?? []
        let claimed = functions.filter { devices[$0].isClaimed }.map { "\(devices[$0].address)" }
        if !claimed.isEmpty {
            return [
                "Its virtual functions \(claimed.joined(separator: ", ")) are with VMs; until that ends, it cannot be had."
            ]
        }
        let count = max(functions.count, device.sriov?.current ?? 0)
        return count == 0 ? [] : ["Its \(count) virtual functions vanish when it is given to a VM."]
    }

    private func twins(_ index: Int, _ set: [Int]) -> [String] {
        guard let ids = devices[index].ids, let same = byIDs[ids], same.count > 1 else { return [] }
        let own = Set(set)
        guard let twin = same.first(where: { !own.contains($0) }) else { return [] }
        return [
            "\(devices[twin].address) has the same IDs \(ids) and stays with the host: bind by address "
                + "(driver_override), never by ID."
        ]
    }
}

extension PCIDevice {
    /// Vendor and device.
    fileprivate var ids: String? {
        guard let vendor, let device else { return nil }
        return vendor + ":" + device
    }

    /// VFIO or a VM has it.
    fileprivate var isClaimed: Bool {
        driver?.isVFIO == true || hostUses.contains { $0.purpose == .vm }
    }
}

extension PCIAddress {
    /// `0000:01` of `0000:01:00.0`.
    fileprivate var busName: String { String(slot.dropLast(3)) }
}

import FleetModel

/// Which mediated devices VMs have. Their parents stay with the host.
struct MediatedLedger {
    private typealias Device = VMPlacement.MediatedDevice

    private let host: HostDevices
    /// By parent.
    private var users: [PCIAddress: [VMID]] = [:]
    /// Those that the inventory does not tell of yet, by parent.
    private var fresh: [PCIAddress: [MediatedTypeID]] = [:]

    init(_ host: HostDevices) { self.host = host }

    mutating func take(_ devices: [VMPlacement.MediatedDevice], for vm: VMID) {
        for device in devices {
            users[device.parent, default: []].append(vm)
            if !isThere(device) { fresh[device.parent, default: []].append(device.type) }
        }
    }

    /// Who has a share of the function, or of a virtual one of it.
    func user(of function: HostDevices.Function) -> VMID? {
        ([function.address] + function.virtualFunctions).lazy.compactMap { users[$0]?.first }.first
    }

    /// The largest share: of the type of which a parent can have the fewest.
    /// - Parameters:
    ///   - type: the only one, unless it is `auto`.
    ///   - parents: the best first.
    ///   - offered: what the VM gets besides.
    func offer(
        _ type: MediatedTypeID, of parents: [HostDevices.Function], beside offered: [VMPlacement.MediatedDevice]
    ) -> VMPlacement.MediatedDevice? {
        var best: (share: HostDevices.MediatedType, parent: PCIAddress)?
        for parent in parents {
            for share in parent.mediatedTypes where type == .auto || share.id == type {
                guard left(of: share, on: parent.address, beside: offered) > 0 else { continue }
                if let best, (best.share.total, best.share.id) <= (share.total, share.id) { continue }
                best = (share, parent.address)
            }
        }
        return best.map { VMPlacement.MediatedDevice(parent: $0.parent, type: $0.share.id) }
    }

    /// What is made of one parent before its inventory is read again is of one type: drivers count types against each other in
    /// ways of their own, and some make none beside one of another type.
    private func left(
        of share: HostDevices.MediatedType, on parent: PCIAddress, beside offered: [VMPlacement.MediatedDevice]
    ) -> Int {
        let made = (fresh[parent] ?? []) + offered.filter { $0.parent == parent }.map(\.type)
        return made.allSatisfy { $0 == share.id } ? share.available - made.count : 0
    }

    private func isThere(_ device: VMPlacement.MediatedDevice) -> Bool {
        guard let id = device.id, let place = host.places[device.parent] else { return false }
        return host.functions[place].mediatedTypes.contains { $0.id == device.type && $0.devices.contains(id) }
    }

    // MARK: Why not

    /// - Parameter parents: that offer the type, and whose shares a VM may have.
    func shortage(_ type: MediatedTypeID, of parent: HostDevices.Function) -> PlacementObstacle {
        if let other = fresh[parent.address]?.first, type != .auto, other != type {
            return PlacementObstacle(
                reason:
                    "Another VM gets one of type \(other), and only when it is there can be told whether one of type "
                    + "\(type) is left.", fix: "Start the other VM first, or stop it.")
        }
        let what = type == .auto ? "mediated device" : "mediated device of type \(type)"
        return PlacementObstacle(
            reason: "No \(what) is left: VMs have them, or others that leave no room for it.",
            fix: "Stop a VM that has one.")
    }
}

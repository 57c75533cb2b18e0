import FleetModel

/// A VM while the plan is made: what it has so far.
struct Seat {
    let demand: VMDemand
    /// Absent until it is known; stays absent when the VM is refused.
    var processors: VMPlacement.Processors?
    var memory: VMPlacement.Memory?
    var devices: [VMPlacement.Device] = []
    /// Those of which virtual functions are made for it.
    var made: [PCIAddress] = []
    /// Shares of devices that the host keeps.
    var mediated: [VMPlacement.MediatedDevice] = []
    /// Why it does not get better graphics.
    var passedOver: [PlacementObstacle] = []
    var obstacles: [PlacementObstacle] = []

    var vcpus: Int { demand.running?.processors.vcpus.count ?? demand.vcpus }
    var ioThreads: Int { demand.running?.processors.ioThreads.count ?? demand.ioThreads }
    var weight: Int { min(max(1, demand.weight ?? 100 * vcpus), VMDemand.maximumWeight) }

    /// It has a place, and no cores of its own.
    var floats: Bool { obstacles.isEmpty && processors == nil }

    /// Who runs comes first, then who is hardest to please, whatever the order of the request.
    static func precedes(_ left: Seat, _ right: Seat) -> Bool {
        func rank(_ demand: VMDemand) -> Int { demand.running != nil ? 0 : demand.pinning == .dedicated ? 1 : 2 }
        return (rank(left.demand), left.demand.name, left.demand.id)
            < (rank(right.demand), right.demand.name, right.demand.id)
    }
}

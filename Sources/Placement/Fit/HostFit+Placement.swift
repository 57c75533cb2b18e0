import FleetModel

extension HostFit {
    /// - Parameters:
    ///   - demand: of a VM that does not run.
    ///   - request: the host with the VMs that run there.
    public init(of demand: VMDemand, in request: PlacementRequest) {
        func plan(beside running: [VMDemand]) -> VMPlan? {
            var request = request
            request.vms = running + [demand]
            return PlacementPlan(for: request).vms.first { $0.id == demand.id }
        }
        let first = plan(beside: request.vms)
        let now = first?.obstacles ?? []
        guard !now.isEmpty else {
            self.init(answer: .fits, passedOver: first?.passedOver ?? [])
            return
        }
        let alone = plan(beside: [])?.obstacles ?? []
        guard alone.isEmpty else {
            self.init(answer: .doesNotFit, obstacles: alone, nearestFix: alone.lazy.compactMap(\.fix).first)
            return
        }
        // One after the other may run again, the small ones first, so that few have to stop.
        var kept: [VMDemand] = []
        var stops: [String] = []
        for vm in request.vms.sorted(by: { ($0.memory.minimumBytes, $0.id) < ($1.memory.minimumBytes, $1.id) }) {
            if plan(beside: kept + [vm])?.obstacles.isEmpty == true { kept.append(vm) } else { stops.append(vm.name) }
        }
        stops.sort()
        self.init(
            answer: .fitsAfterStops, stops: stops, obstacles: now,
            nearestFix: "Stop \(stops.count == 1 ? "VM" : "VMs") \(stops.joined(separator: ", ")).")
    }
}

extension HostFit {
    /// As `placement` says, unless the host lacks what no other VM could give up.
    /// - Parameter placement: of the profile's VM on the same host.
    public init(of needs: ProfileNeeds, on host: HostEquipment, placement: HostFit) {
        let findings = EquipmentRequirement.allCases.compactMap { $0.finding(for: needs, on: host) }
        let missing = findings.compactMap { if case .missing(let obstacle) = $0 { obstacle } else { nil } }
        let unseen = findings.compactMap { finding -> PlacementObstacle? in
            if case .unseen(let reason) = finding { PlacementObstacle(reason: reason) } else { nil }
        }
        self = placement
        obstacles = missing + placement.obstacles + unseen
        if !missing.isEmpty {
            answer = .doesNotFit
            stops = []
            passedOver = []
            nearestFix = obstacles.lazy.compactMap(\.fix).first
        } else if !unseen.isEmpty, answer != .doesNotFit {
            answer = .unknown
        }
    }
}

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
        let now = plan(beside: request.vms)?.obstacles ?? []
        guard !now.isEmpty else {
            self.init(answer: .fits)
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

import FleetModel

extension CoreLedger {
    /// No whole cores for as many vCPUs.
    func shortage(_ vcpus: Int) -> PlacementObstacle {
        let kind = host.isHybrid ? "performance cores" : "cores"
        guard let family = host.families.first, let threads = family.first.map({ host.cores[$0].threads.count }) else {
            return PlacementObstacle(
                reason: "It is to own \(kind), and beside the host's own core this machine has none.",
                fix: "Choose pinning shared.")
        }
        let free = family.filter { owners[$0] == nil }.count
        return PlacementObstacle(
            reason:
                "It is to own \((vcpus - 1) / threads + 1) whole \(kind) for its \(vcpus) vCPUs; beside the host's own "
                + "there are \(family.count), of which \(free) are free.",
            fix: free > 0
                ? "Give it at most \(free * threads) vCPUs, or choose pinning focus or shared."
                : "Choose pinning focus or shared, or stop a VM that owns cores.")
    }
}

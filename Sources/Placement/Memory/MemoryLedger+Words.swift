import FleetModel
import FleetRuntime

/// What the ledger says to people.
extension MemoryLedger {
    /// Of ordinary memory.
    func shortage(_ bytes: UInt64) -> PlacementObstacle {
        let others = isInUse ? ", and \(HumanText.bytes(availableBytes)) with the other VMs" : ""
        return PlacementObstacle(
            reason: "It takes \(HumanText.bytes(bytes)) of memory; \(host)\(others).",
            fix: bytes <= host.availableBytes
                ? lessMemory(availableBytes) : host.fix(for: bytes))
    }

    private func lessMemory(_ bytes: UInt64) -> String {
        bytes >> 20 > 0 ? "Stop another VM, or give this one at most \(bytes >> 20) MiB." : "Stop another VM."
    }

    /// Of huge pages.
    func shortage(_ demand: MemoryDemand, of size: UInt64, near: [Int]) -> PlacementObstacle {
        let pages = "pages of \(HumanText.bytes(size))"
        guard nodes.contains(where: { $0.pools[size] != nil }) else {
            return PlacementObstacle(
                reason: "The kernel offers no \(pages) on this machine, as far as can be seen.",
                fix: "Choose another size of huge pages, or auto.")
        }
        let wanted = demand.pageCount(size)
        guard size.times(wanted) <= demand.maximumBytes else {
            return PlacementObstacle(
                reason: "\(HumanText.bytes(demand.maximumBytes)) of memory are no whole number of \(pages).",
                fix: "Give it a multiple of \(size >> 20) MiB.")
        }
        let found = nodes.map { node in
            let idle = node.pools[size]?.idle ?? 0
            let more = self.pages(size, on: node, demand).less(idle)
            return "\(idle) are free on node \(node.id)" + (more > 0 ? ", where memory permits \(more) more" : "")
        }
        let reason = "It needs \(wanted) \(pages); \(found.joined(separator: "; "))."
        // Pages of 1 GiB are made at boot, if memory permits.
        let idle = nodes.reduce(UInt64(0)) { $0.adding($1.pools[size]?.idle ?? 0) }
        let missing = wanted.less(idle)
        let roomy = nodes.filter { $0.roomBytes / size >= missing }
        guard size >= 1 << 30, missing <= availableBytes / size,
            let node = (roomy.first { near.contains($0.id) } ?? roomy.first)
        else {
            let offered = nodes.reduce(UInt64(0)) { $0.adding(self.pages(size, on: $1, demand)) }
            let most = min(offered, idle.adding(availableBytes / size)).times(size)
            return PlacementObstacle(
                reason: reason,
                fix: most > 0 ? lessMemory(most) : "Stop another VM, or choose ordinary pages (none or auto).")
        }
        return PlacementObstacle(
            reason: reason + " Such pages are hardly made while the machine runs.",
            fix: "Reserve them at boot: \(bootArguments(size, adding: missing, on: node.id)).")
    }

    /// What VMs that shall start need beyond what is reserved.
    var reservations: [HugePageReservation] {
        nodes.flatMap { node in
            node.pools.filter { $0.value.missing > 0 }.sorted { $0.key < $1.key }.map {
                HugePageReservation(node: node.id, sizeBytes: $0.key, count: $0.value.missing)
            }
        }
    }

    /// Reservations that the kernel may fail to make.
    var warnings: [String] {
        nodes.flatMap { node -> [String] in
            guard let free = node.freeBytes else { return [] }
            return reservations.filter { $0.node == node.id && $0.sizeBytes.times($0.count) > free }.map {
                "\($0.count) pages of \(HumanText.bytes($0.sizeBytes)) are to be made on node \(node.id), where only "
                    + "\(HumanText.bytes(free)) are free now. To be sure of them, reserve them at boot: "
                    + "\(bootArguments($0.sizeBytes))."
            }
        }
    }

    /// Documentation/admin-guide/kernel-parameters.txt.
    private func bootArguments(_ size: UInt64, adding count: UInt64 = 0, on node: Int? = nil) -> String {
        let counts = nodes.map { (node: $0.id, count: ($0.pools[size]?.count ?? 0).adding($0.id == node ? count : 0)) }
        let list = counts.map { hasSeveralNodes ? "\($0.node):\($0.count)" : "\($0.count)" }
        return "hugepagesz=\(size >> 20)M hugepages=\(list.joined(separator: ","))"
    }
}

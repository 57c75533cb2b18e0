import FleetModel

/// The network cards that the host reaches others with.
struct NetworkUses: Sendable {
    let network: NetworkDocument

    func uses(_ root: HostRoot) -> [(PCIAddress, HostUse)] {
        var uses: [(PCIAddress, HostUse)] = []
        for route in network.defaultRoutes {
            var seen: Set<String> = []
            for (interface, through) in physical(below: route, through: [], &seen) {
                let way = through.isEmpty ? "" : ", through " + through.joined(separator: " and ")
                uses += interface.functions.map { function in
                    (
                        function,
                        HostUse(purpose: .defaultRoute, detail: "the default route goes out on \(interface.name)\(way)")
                    )
                }
            }
        }
        let cards = network.interfaces.filter { $0.isPhysical && $0.physicalFunction == nil }
        let linked = cards.filter { root.integer("/sys/class/net/\($0.name)/carrier") == 1 }
        if let only = theOne(of: cards) {
            uses += only.functions.map {
                ($0, HostUse(purpose: .onlyNetworkInterface, detail: "\(only.name) is the only network card"))
            }
        } else if uses.isEmpty, let only = theOne(of: linked) {
            uses += only.functions.map {
                (
                    $0,
                    HostUse(purpose: .onlyNetworkInterface, detail: "\(only.name) is the only network card with a link")
                )
            }
        }
        return uses
    }

    /// Interfaces of one function count as one card.
    private func theOne(of cards: [NetworkDocument.Interface]) -> NetworkDocument.Interface? {
        guard let first = cards.first, cards.dropFirst().allSatisfy({ $0.device != nil && $0.device == first.device })
        else { return nil }
        return first
    }

    /// - Parameter seen: of one walk: an interface that is reached in two ways is told once.
    private func physical(
        below name: String, through: [String], _ seen: inout Set<String>
    ) -> [(NetworkDocument.Interface, through: [String])] {
        guard seen.insert(name).inserted, let interface = network.interfaces.first(where: { $0.name == name }) else {
            return []
        }
        if interface.isPhysical { return [(interface, through)] }
        return interface.lower.flatMap { physical(below: $0, through: through + [name], &seen) }
    }
}

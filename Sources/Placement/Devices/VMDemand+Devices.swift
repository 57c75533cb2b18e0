import FleetModel

extension VMDemand {
    /// Whether these functions are what it asks for, as they stand in the inventory now: each selector has one of them, each
    /// companion is there, and nothing else is. Mediated devices have no addresses.
    public func isMet(by functions: [PCIAddress], of pci: [PCIDevice]) -> Bool {
        let host = HostDevices(pci)
        var left = functions
        var companions: Set<PCIAddress> = []
        let byChoice = requiredDevices.filter { $0.mdevType == nil }.map {
            (selector: $0, places: host.answers(to: $0))
        }
        .sorted { $0.places.count < $1.places.count }
        for (selector, places) in byChoice {
            let found = places.lazy.map { host.functions[$0] }
                .first {
                    $0.canBePassed && (selector.isDeliberate || !$0.showsHostsPicture) && left.contains($0.address)
                }
            guard let found else { return false }
            left.removeAll { $0 == found.address }
            companions.formUnion(found.companions)
        }
        left.removeAll(where: companions.contains)
        if graphics == .auto,
            let card = left.lazy.compactMap({ host.places[$0] }).first(where: {
                host.documents[$0].deviceClass?.isDisplay == true && host.functions[$0].canBePassed
                    && !host.functions[$0].showsHostsPicture
            })
        {
            companions.formUnion(host.functions[card].companions)
            left.removeAll { $0 == host.functions[card].address || companions.contains($0) }
        }
        return companions.isSubset(of: functions) && left.isEmpty
    }
}

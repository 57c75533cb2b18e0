import FleetModel

/// Names for the kinds of cores that hwloc tells apart.
enum CoreKinds {
    /// - Parameter kinds: the slowest first, frequencies in MHz.
    static func named(_ kinds: [(type: String?, frequency: Int?, threads: [Int])]) -> [CPUDocument.CoreKind] {
        let names = kinds.indices.map { index in
            switch kinds[index].type {
            case "IntelAtom": "efficiency"
            case "IntelCore": "performance"
            default: kinds.count > 2 ? "kind" : index == 0 ? "efficiency" : "performance"
            }
        }
        return kinds.indices.map { index in
            let same = names.indices.filter { names[$0] == names[index] }
            let place = (same.firstIndex(of: index) ?? 0) + 1
            return CPUDocument.CoreKind(
                name: same.count > 1 ? "\(names[index]) \(place)" : names[index], threads: kinds[index].threads,
                maximumFrequency: kinds[index].frequency.map { $0.multipliedReportingOverflow(by: 1000) }
                    .flatMap { $0.overflow ? nil : $0.partialValue })
        }
    }
}

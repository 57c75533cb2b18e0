/// How the IOMMU groups of the devices that stayed were drawn anew. That only the numbers moved is no change.
struct GroupDiff {
    /// Groups, old and new, that share devices.
    private struct Web {
        var old: Set<Int>
        var new: Set<Int>
    }

    let changes: [InspectionDiff.Change]

    init(from before: DeviceDiff.Devices, to now: DeviceDiff.Devices) {
        var webs: [Web] = []
        var ofOld: [Int: Set<Int>] = [:]
        var ofNew: [Int: Set<Int>] = [:]
        for (key, device) in now {
            guard let new = device.group, let old = before[key]?.group else { continue }
            ofOld[old, default: []].insert(new)
            ofNew[new, default: []].insert(old)
        }
        var visited: Set<Int> = []
        for start in ofOld.keys.sorted() where visited.insert(start).inserted {
            var web = Web(old: [start], new: [])
            var rest = [start]
            while let old = rest.popLast() {
                for new in ofOld[old] ?? [] where web.new.insert(new).inserted {
                    for other in ofNew[new] ?? [] where visited.insert(other).inserted {
                        web.old.insert(other)
                        rest.append(other)
                    }
                }
            }
            webs.append(web)
        }
        changes = webs.compactMap(Self.message).map { .init(what: "iommu", message: $0) }
    }

    private static func message(_ web: Web) -> String? {
        let (old, new) = (web.old.sorted(), web.new.sorted())
        switch (old.count, new.count) {
        case (1, 1): return nil
        case (_, 1): return "IOMMU groups \(old.inWords) are one group now (group \(new.inWords))"
        case (1, _): return "IOMMU group \(old.inWords) is divided now into groups \(new.inWords)"
        default: return "IOMMU groups \(old.inWords) are drawn anew, as groups \(new.inWords)"
        }
    }
}

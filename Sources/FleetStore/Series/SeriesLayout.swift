import FleetModel
import FoundationEssentials

/// Which value of a tick belongs to which series: the keys of the host, then those of each of its VMs.
struct SeriesLayout {
    struct Group: Codable, Equatable {
        /// nil for the host itself.
        var vm: VMID?
        /// The ID of the key list.
        var list: Int64
    }

    let id: Int64
    let groups: [(vm: VMID?, keys: [String])]

    func values(of batch: MetricsBatch) -> [Double?] {
        groups.flatMap { group in
            let values = group.vm.map { batch.vms[$0] ?? [:] } ?? batch.host
            return group.keys.map { values[$0] }
        }
    }

    func batch(time: Date, values: [Double?]) -> MetricsBatch {
        var batch = MetricsBatch(time: time, host: [:], vms: [:])
        var values = values[...]
        for group in groups {
            let pairs = zip(group.keys, values).compactMap { key, value in value.map { (key, $0) } }
            values = values.dropFirst(group.keys.count)
            let members = Dictionary(pairs) { first, _ in first }
            if let vm = group.vm {
                if !members.isEmpty { batch.vms[vm] = members }
            } else {
                batch.host = members
            }
        }
        return batch
    }

    func index(of key: String, vm: VMID?) -> Int? {
        var start = 0
        for group in groups {
            if group.vm == vm { return group.keys.firstIndex(of: key).map { start + $0 } }
            start += group.keys.count
        }
        return nil
    }

    /// Whether the batch fits without losing a value and without mostly storing what is missing.
    func holds(_ batch: MetricsBatch) -> Bool {
        guard batch.vms.keys.allSatisfy({ vm in groups.contains { $0.vm == vm } }) else { return false }
        var filled = 0
        for group in groups {
            let values = group.vm.map { batch.vms[$0] ?? [:] } ?? batch.host
            let found = group.keys.count { values[$0] != nil }
            guard found == values.count else { return false }
            filled += found
        }
        return filled * 2 >= groups.reduce(0) { $0 + $1.keys.count }
    }
}

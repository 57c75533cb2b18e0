/// Which devices came, went, changed places or drivers.
struct DeviceDiff {
    typealias Devices = [String: KnownHost.Device]

    let changes: [InspectionDiff.Change]

    init(from before: Devices, to now: Devices) {
        // A first look at devices is no news of them.
        guard !before.isEmpty, !now.isEmpty else {
            changes = []
            return
        }
        var gone = before.filter { now[$0.key] == nil }
        var new = now.filter { before[$0.key] == nil }
        var moved: [String] = []
        for (ids, here) in Dictionary(grouping: new, by: \.value.ids).sorted(by: { $0.key < $1.key }) {
            let there = gone.filter { $0.value.ids == ids }
            guard here.count == 1, there.count == 1, let to = here.first, let from = there.first else { continue }
            moved.append("\(to.value.name) is in another slot: \(from.value.address) -> \(to.value.address)")
            gone[from.key] = nil
            new[to.key] = nil
        }
        changes =
            Self.told("gone", gone) + Self.told("new", new) + moved.map { .init(what: "device", message: $0) }
            + Self.kept(before, now)
    }

    /// A dock brings and takes many at once.
    private static func told(_ word: String, _ devices: Devices) -> [InspectionDiff.Change] {
        let names = devices.values.sorted { $0.address < $1.address }.map { "\($0.address) \($0.name)" }
        if names.count > 3 {
            return [.init(what: "device", message: "\(names.count) devices are \(word): \(names.inWords)")]
        }
        return names.map { .init(what: "device", message: "\($0) is \(word)") }
    }

    private static func kept(_ before: Devices, _ now: Devices) -> [InspectionDiff.Change] {
        now.sorted { $0.value.address < $1.value.address }.flatMap { key, now -> [InspectionDiff.Change] in
            guard let before = before[key] else { return [] }
            var changes: [InspectionDiff.Change] = []
            let label = "\(now.address) \(now.name)"
            // A VM that starts or stops is told as that.
            let isVMs = (before.isAssigned || now.isAssigned) && [before.driver, now.driver].contains("vfio-pci")
            if before.driver != now.driver, !isVMs {
                let step = "\(before.driver ?? "none") -> \(now.driver ?? "none")"
                changes.append(.init(what: "driver", message: "driver of \(label): \(step)"))
            }
            if let step = InspectionDiff.step(before.virtualFunctions, now.virtualFunctions) {
                changes.append(.init(what: "device", message: "virtual functions of \(label): \(step)"))
            }
            return changes
        }
    }
}

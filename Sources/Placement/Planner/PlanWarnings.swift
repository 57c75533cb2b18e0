import FleetModel

/// What to know of a plan that can be carried out. Judged from what came out, not from how it came about.
struct PlanWarnings {
    private let cores: CoreLedger?
    private let devices: HostDevices
    private let poolKinds: Int
    let ofHost: [String]

    init(cores: CoreLedger?, memory: MemoryLedger?, devices: HostDevices, seats: [Seat]) {
        self.cores = cores
        self.devices = devices
        let host = cores?.host
        poolKinds = Set((cores?.freeCores ?? []).map { host?.cores[$0].kind }).count
        ofHost = Self.ofProcessors(cores, floating: seats.filter(\.floats)) + (memory?.warnings ?? [])
    }

    private static func ofProcessors(_ cores: CoreLedger?, floating: [Seat]) -> [String] {
        guard let cores, !floating.isEmpty else { return [] }
        var warnings: [String] = []
        if cores.host.cores.count == 1 {
            warnings.append("The machine has one core: VMs share it with the host.")
        } else if cores.freeCores.isEmpty {
            warnings.append("VMs own all cores but the host's, which the other VMs share with it.")
        }
        let (vcpus, threads) = (floating.reduce(0) { $0 + $1.vcpus }, cores.pool.threads.count)
        if vcpus > threads {
            warnings.append(
                "\(vcpus) vCPUs float over \(threads) threads: under load each VM gets its share by weight.")
        }
        return warnings
    }

    func of(_ seat: Seat, _ placement: VMPlacement, isForeground: Bool) -> [String] {
        let (demand, processors) = (seat.demand, placement.processors)
        return
            (processors.ownsCores
            ? ofOwner(demand, placement) : ofFloating(demand, processors, isForeground: isForeground))
            + ofMemory(demand, placement) + ofDevices(placement) + ofPools(seat.made)
            + ofGraphics(seat)
    }

    private func ofOwner(_ demand: VMDemand, _ placement: VMPlacement) -> [String] {
        guard let cores else { return [] }
        let own = cores.cores(of: placement.processors)
        let nodes = cores.host.nodes(of: own)
        var warnings: [String] = []
        if own.contains(where: { cores.owners[$0] != demand.id }) {
            warnings.append("Another VM runs on its cores.")
        }
        if Set(own.map { cores.host.cores[$0].kind }).count > 1 {
            warnings.append("Its cores are of several kinds: the guest takes them for alike.")
        }
        let threads = own.reduce(0) { $0 + cores.host.cores[$1].threads.count }
        if threads > placement.processors.vcpus.count {
            warnings.append(
                "Its \(placement.processors.vcpus.count) vCPUs are no whole cores: of its \(threads) threads "
                    + "\(threads - placement.processors.vcpus.count) stay idle, and the guest sees no siblings.")
        }
        if nodes.count > 1 {
            warnings.append("Its cores are on nodes \(list(nodes)): no node has enough of them free.")
        }
        let memoryNodes = placement.memory.binding?.nodes ?? nodes
        if !Set(memoryNodes).isSubset(of: nodes) {
            warnings.append("Its cores are on node \(list(nodes)), and its memory is on node \(list(memoryNodes)).")
        } else if placement.memory.binding == nil, cores.host.nodes(of: Array(cores.host.cores.indices)).count > 1 {
            warnings.append(
                "Its memory is bound to no node, as it does not fit on that of its cores: the kernel spreads it.")
        }
        if let node = devices.node(
            of: placement.devices.map(\.address) + placement.mediatedDevices.map(\.parent)), !nodes.contains(node)
        {
            warnings.append("Its cores are on node \(list(nodes)), and its devices are on node \(node).")
        }
        return warnings
    }

    private func ofFloating(
        _ demand: VMDemand, _ processors: VMPlacement.Processors, isForeground: Bool
    ) -> [String] {
        var warnings: [String] = []
        if demand.pinning == .dedicated {
            warnings.append("It runs without cores of its own, which it gets when it starts anew.")
        }
        if demand.pinning == .focus, isForeground {
            warnings.append("It is in the foreground and floats: too few whole cores are free.")
        }
        if poolKinds > 1 {
            warnings.append("It floats over cores of several kinds, fast and slow.")
        }
        let threads = processors.vcpus.first?.threads.count ?? 0
        if processors.vcpus.count > threads {
            warnings.append("It has \(processors.vcpus.count) vCPUs, and \(threads) threads to float over.")
        }
        return warnings
    }

    private func ofMemory(_ demand: VMDemand, _ placement: VMPlacement) -> [String] {
        guard let hugePages = placement.memory.hugePages else {
            return demand.memory.hugePages == .auto
                ? ["It has ordinary pages: there are too few huge ones of 2 MiB."] : []
        }
        return hugePages.nodes.count > 1
            ? ["Its huge pages are on nodes \(list(hugePages.nodes.map(\.node))): no node has enough of them."] : []
    }

    /// What the inventory warns of.
    private func ofDevices(_ placement: VMPlacement) -> [String] {
        placement.devices.flatMap(\.functions).compactMap { devices[$0] }.flatMap { device in
            device.passthrough.warnings.map { "\(device.summary): \($0)" }
        }
    }

    /// Told only of what starts: what runs has its graphics.
    private func ofGraphics(_ seat: Seat) -> [String] {
        guard !seat.passedOver.isEmpty else { return [] }
        let what = ["a virtual function", "a mediated device"].dropFirst(seat.passedOver.count - 1).first
        return ["Its graphics are \(what ?? "a virtual screen"), and nothing better."]
            + seat.passedOver.map { "Better graphics: \($0.reason)" + ($0.fix.map { " \($0)" } ?? "") }
    }

    /// Told only before they are made.
    private func ofPools(_ made: [PCIAddress]) -> [String] {
        made.map { physical in
            let device = devices[physical]?.summary ?? "\(physical)"
            return "Virtual functions of \(device) are made before it starts, one of which it gets: no VM can have the "
                + "device itself then."
        }
    }

    private func list(_ nodes: [Int]) -> String { nodes.map(String.init).joined(separator: ", ") }
}

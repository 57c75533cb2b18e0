import FleetModel

/// Which cores VMs own.
struct CoreLedger {
    let host: HostCores
    /// Of each core that is taken, the VM.
    private(set) var owners: [Int: VMID] = [:]

    init(_ host: HostCores) { self.host = host }

    /// The cores that a VM has while it runs, whoever else is on them.
    mutating func hold(_ processors: VMPlacement.Processors, for vm: VMID) {
        take(cores(of: processors), for: vm)
    }

    mutating func take(_ cores: [Int], for vm: VMID) {
        for core in cores where owners[core] == nil { owners[core] = vm }
    }

    func cores(of processors: VMPlacement.Processors) -> [Int] {
        Set(processors.vcpus.flatMap(\.threads).compactMap { host.coreOfThread[$0] }).sorted()
    }

    /// Without the host's own.
    var freeCores: [Int] { host.cores.indices.dropFirst().filter { owners[$0] == nil } }

    /// Where VMs without cores of their own float. The host's core is among it when nothing else is left.
    var pool: CPUSet {
        let free = freeCores
        return free.isEmpty ? host.host : CPUSet(free.flatMap { host.cores[$0].threads })
    }

    /// The part of the pool on a node.
    func pool(on node: Int) -> CPUSet {
        CPUSet(freeCores.filter { host.cores[$0].node == node }.flatMap { host.cores[$0].threads })
    }

    /// Whole cores of one kind, if possible of one node.
    ///
    /// - Parameters:
    ///   - preferred: a node to try first, that of the VM's devices or memory.
    ///   - holdsMemory: whether a node can hold the VM's memory.
    func offer(_ vcpus: Int, preferring preferred: Int?, holdsMemory: (Int) -> Bool) -> [Int]? {
        for family in host.families {
            guard let threads = family.first.map({ host.cores[$0].threads.count }) else { continue }
            let count = (vcpus - 1) / threads + 1
            let free = family.filter { owners[$0] == nil }
            guard count <= free.count else { continue }
            let byNode = Dictionary(grouping: free) { host.cores[$0].node }
                .sorted {
                    ($0.key == preferred ? 0 : 1, $0.value.count, $0.key)
                        < ($1.key == preferred ? 0 : 1, $1.value.count, $1.key)
                }
            // The smallest hole that is large enough leaves the large ones whole.
            let alone = byNode.filter { $0.value.count >= count }
            if let hole = alone.first(where: { holdsMemory($0.key) }) ?? alone.first {
                return Array(hole.value.prefix(count))
            }
            // As few nodes as possible.
            let largestFirst = byNode.filter { $0.key == preferred } + byNode.reversed().filter { $0.key != preferred }
            return family.filter(Set(largestFirst.flatMap(\.value).prefix(count)).contains)
        }
        return nil
    }

    // MARK: What the guest sees

    /// What it asks for, else what its cores have, where whole cores, dies and sockets come out even.
    func topology(of demand: VMDemand, on cores: [Int]) -> VMPlacement.GuestTopology {
        if let wanted = demand.topology { return wanted }
        let vcpus = demand.vcpus
        let threads = cores.first.map { host.cores[$0].threads.count } ?? 1
        guard cores.count * threads == vcpus else { return VMPlacement.GuestTopology(cores: vcpus) }
        let sockets = Dictionary(grouping: cores) { host.cores[$0].package }.values
        let dies = sockets.map { socket in Dictionary(grouping: socket) { host.cores[$0].die }.values.map(\.count) }
        guard let first = dies.first, let size = first.first,
            dies.allSatisfy({ $0.count == first.count && $0.allSatisfy { $0 == size } })
        else { return VMPlacement.GuestTopology(cores: cores.count, threads: threads) }
        return VMPlacement.GuestTopology(sockets: dies.count, dies: first.count, cores: size, threads: threads)
    }

    /// Of a VM that floats now. It cannot change while the VM runs, so that of a `focus` VM is made for whole cores.
    func topology(ofFloating demand: VMDemand) -> VMPlacement.GuestTopology {
        if let running = demand.running { return running.processors.topology }
        if let wanted = demand.topology { return wanted }
        let threads = host.families.first?.first.map { host.cores[$0].threads.count } ?? 1
        guard demand.pinning == .focus, demand.vcpus.isMultiple(of: threads) else {
            return VMPlacement.GuestTopology(cores: demand.vcpus)
        }
        return VMPlacement.GuestTopology(cores: demand.vcpus / threads, threads: threads)
    }
}

import FleetModel

/// What VMs have of a machine's memory: never more than there is without the host's share, in all and on each node.
struct MemoryLedger {
    let host: HostMemory
    /// By number.
    private(set) var nodes: [NodeMemory]
    private let places: [Int: Int]
    /// Set aside as huge pages and not told by any node.
    private let elsewhereBytes: UInt64
    private var ordinaryBytes: UInt64 = 0
    /// For VMs on ordinary memory, and for further huge pages.
    private(set) var availableBytes: UInt64 = 0
    /// What VMs do not have, the host's share included.
    private var unusedBytes: UInt64 = 0

    /// - Parameter hostNode: whose memory the host's share is taken from.
    /// - Returns: nil when the amount of memory is not known.
    init?(_ memory: MemoryDocument, hostNode: Int) {
        guard let host = HostMemory(memory) else { return nil }
        self.host = host
        var documents = Dictionary(memory.nodes.map { ($0.id, $0) }) { first, _ in first }
        if documents.isEmpty {
            documents[hostNode] = MemoryDocument.Node(
                id: hostNode, totalBytes: memory.totalBytes, hugePages: memory.hugePages,
                freeBytes: memory.availableBytes)
        }
        let nodes = documents.values.sorted { $0.id < $1.id }.map {
            NodeMemory(
                $0, totalBytes: $0.totalBytes ?? host.installedBytes,
                keptBytes: $0.id == hostNode ? host.keptBytes : 0)
        }
        self.nodes = nodes
        places = Dictionary(nodes.enumerated().map { ($0.element.id, $0.offset) }) { first, _ in first }
        elsewhereBytes = host.hugePageBytes.less(nodes.reduce(UInt64(0)) { $0.adding($1.pageBytes) })
        sum()
    }

    var hasSeveralNodes: Bool { nodes.count > 1 }

    /// Whether VMs have any of it.
    var isInUse: Bool { availableBytes < host.availableBytes }

    private mutating func sum() {
        let pageBytes = nodes.reduce(elsewhereBytes) { $0.adding($1.pageBytes) }
        let usedPageBytes = nodes.reduce(UInt64(0)) { $0.adding($1.usedPageBytes) }
        availableBytes = host.permittedBytes.less(pageBytes).less(ordinaryBytes)
        unusedBytes = host.installedBytes.less(usedPageBytes).less(ordinaryBytes)
    }

    // MARK: Taking

    /// What a VM has while it runs.
    mutating func hold(_ memory: VMPlacement.Memory) { add(memory, to: \.held) }

    /// What a VM shall have.
    mutating func take(_ memory: VMPlacement.Memory) { add(memory, to: \.planned) }

    private mutating func add(_ memory: VMPlacement.Memory, to pages: WritableKeyPath<NodeMemory.Pool, UInt64>) {
        defer { sum() }
        guard let hugePages = memory.hugePages else {
            ordinaryBytes = ordinaryBytes.adding(memory.bytes)
            if let place = memory.binding?.onlyNode.flatMap({ places[$0] }) {
                nodes[place].boundBytes = nodes[place].boundBytes.adding(memory.bytes)
            }
            return
        }
        for part in hugePages.nodes {
            guard let place = places[part.node], hugePages.sizeBytes > 0 else {
                // Of a node that the document does not know: it counts, wherever it is.
                ordinaryBytes = ordinaryBytes.adding(hugePages.sizeBytes.times(part.count))
                continue
            }
            var pool = nodes[place].pools[hugePages.sizeBytes] ?? NodeMemory.Pool(reserved: 0)
            pool[keyPath: pages] = pool[keyPath: pages].adding(part.count)
            nodes[place].pools[hugePages.sizeBytes] = pool
        }
    }

    // MARK: Offering

    /// Whether a node alone can hold the memory, on the pages that are asked for.
    func holds(_ demand: MemoryDemand, on node: Int) -> Bool {
        guard let place = places[node] else { return false }
        if let size = demand.hugePages.sizeBytes {
            if pages(size, on: nodes[place], demand) >= demand.pageCount(size) { return true }
            guard demand.hugePages == .auto else { return false }
        }
        return min(nodes[place].roomBytes, availableBytes) >= demand.minimumBytes
    }

    /// What it asks for at least, of huge pages where it can have them.
    ///
    /// - Parameter near: the nodes of the VM's cores or devices; none when it floats.
    func offer(
        _ demand: MemoryDemand, near: [Int], obstacles: inout [PlacementObstacle]
    ) -> VMPlacement.Memory? {
        if let size = demand.hugePages.sizeBytes {
            if let pages = offer(demand, pagesOf: size, near: near) { return pages }
            guard demand.hugePages == .auto else {
                obstacles.append(shortage(demand, of: size, near: near))
                return nil
            }
        }
        guard demand.minimumBytes <= availableBytes else {
            obstacles.append(shortage(demand.minimumBytes))
            return nil
        }
        return VMPlacement.Memory(bytes: demand.minimumBytes, binding: binding(demand.minimumBytes, near: near))
    }

    private func binding(_ bytes: UInt64, near: [Int]) -> VMPlacement.NodeBinding? {
        guard hasSeveralNodes, near.count == 1, let place = places[near[0]], nodes[place].roomBytes >= bytes else {
            return nil
        }
        return VMPlacement.NodeBinding(mode: .preferred, nodes: near)
    }

    /// From the near nodes first, then from those that have most.
    private func offer(_ demand: MemoryDemand, pagesOf size: UInt64, near: [Int]) -> VMPlacement.Memory? {
        var missing = demand.pageCount(size)
        let bytes = size.times(missing)
        guard bytes <= min(demand.maximumBytes, unusedBytes) else { return nil }
        let offers = nodes.map { node in
            (node: node, count: pages(size, on: node, demand), isNear: near.contains(node.id))
        }.sorted { left, right in
            if left.isNear != right.isNear { return left.isNear }
            return left.count == right.count ? left.node.id < right.node.id : left.count > right.count
        }
        var room = availableBytes
        var parts: [VMPlacement.NodePages] = []
        for offer in offers where missing > 0 {
            let idle = offer.node.pools[size]?.idle ?? 0
            let count = min(missing, offer.count, idle.adding(room / size))
            guard count > 0 else { continue }
            room = room.less(size.times(count.less(idle)))
            missing -= count
            parts.append(VMPlacement.NodePages(node: offer.node.id, count: count))
        }
        guard missing == 0 else { return nil }
        parts.sort { $0.node < $1.node }
        return VMPlacement.Memory(
            bytes: bytes, hugePages: VMPlacement.HugePages(sizeBytes: size, nodes: parts),
            binding: hasSeveralNodes ? VMPlacement.NodeBinding(mode: .strict, nodes: parts.map(\.node)) : nil)
    }

    /// Who leaves the choice to us gets no pages that the kernel may fail to make.
    func pages(_ size: UInt64, on node: NodeMemory, _ demand: MemoryDemand) -> UInt64 {
        node.pages(size, availableBytes: availableBytes, asFree: demand.hugePages == .auto)
    }

    // MARK: Growing

    /// Takes what is left towards the maximum, on the nodes that the VM has.
    mutating func grow(_ memory: inout VMPlacement.Memory, _ demand: MemoryDemand) {
        var extra = VMPlacement.Memory(bytes: 0, binding: memory.binding)
        if var hugePages = memory.hugePages {
            let size = hugePages.sizeBytes
            for index in hugePages.nodes.indices {
                guard let place = places[hugePages.nodes[index].node] else { continue }
                let count = min(
                    demand.maximumBytes.less(memory.bytes) / size, unusedBytes / size,
                    pages(size, on: nodes[place], demand))
                extra.hugePages = VMPlacement.HugePages(
                    sizeBytes: size, nodes: [VMPlacement.NodePages(node: nodes[place].id, count: count)])
                take(extra)
                hugePages.nodes[index].count += count
                memory.bytes += size * count
            }
            memory.hugePages = hugePages
        } else {
            let room = memory.binding?.onlyNode.flatMap { places[$0] }.map { nodes[$0].roomBytes } ?? .max
            let bytes = min(demand.maximumBytes.less(memory.bytes), availableBytes, room)
            // Whole MiB.
            extra.bytes = bytes - bytes % (1 << 20)
            take(extra)
            memory.bytes += extra.bytes
        }
    }
}

extension MemoryDemand {
    /// For the minimum.
    func pageCount(_ size: UInt64) -> UInt64 { minimumBytes.adding(size - 1) / size }
}

extension VMPlacement.NodeBinding {
    var onlyNode: Int? { nodes.count == 1 ? nodes[0] : nil }
}

import Drawing
import FleetModel
import FleetRuntime

extension Inspection {
    /// Packages, NUMA nodes, last-level caches and cores, as boxes in each other; a core's line names its threads.
    public var topologyPicture: Panel {
        Panel(
            cpu.model ?? "Processor", lines: [.init(summary, tone: .faint)],
            children: grouped(cpu.threadList, by: \.package).map { package, threads in
                Panel("package \(package)", children: nodePanels(threads))
            })
    }

    private var summary: String {
        let counts: [(Int?, String, String)] = [
            (cpu.sockets, "socket", "sockets"), (cpu.cores, "core", "cores"), (cpu.threads, "thread", "threads"),
        ]
        let parts = counts.compactMap { count, one, many in count.map { "\($0) \($0 == 1 ? one : many)" } }
        let size = memory.totalBytes.map { HumanText.bytes($0) + " of memory" }
        let text = (parts + [size].compactMap { $0 }).joined(separator: ", ")
        return text.isEmpty ? "the tree holds no topology" : text
    }

    /// One box a NUMA node, where there is more than one.
    private func nodePanels(_ threads: [CPUDocument.Thread]) -> [Panel] {
        guard cpu.nodes.count > 1 else { return cachePanels(threads) }
        return grouped(threads, by: { $0.node ?? -1 }).map { id, threads in
            let memory = cpu.nodes.first { $0.id == id }?.memoryBytes.map { HumanText.bytes($0) }
            let title = id < 0 ? "no NUMA node" : "NUMA node \(id)"
            return Panel([title, memory].compactMap { $0 }.joined(separator: ", "), children: cachePanels(threads))
        }
    }

    /// One box a last-level cache.
    private func cachePanels(_ threads: [CPUDocument.Thread]) -> [Panel] {
        let unified = cpu.caches.filter { $0.kind == .unified }
        guard let last = unified.map(\.level).max(), last > 1 else { return corePanels(threads) }
        let caches = unified.filter { $0.level == last }
        let cacheOf = Dictionary(
            caches.enumerated().flatMap { index, cache in cache.threads.map { ($0, index) } }
        ) { first, _ in first }
        return grouped(threads, by: { cacheOf[$0.id] ?? -1 }).flatMap { index, threads in
            let cores = corePanels(threads)
            guard caches.indices.contains(index) else { return cores }
            return [Panel("L\(last) \(HumanText.bytes(caches[index].sizeBytes))", children: cores)]
        }
    }

    private func corePanels(_ threads: [CPUDocument.Thread]) -> [Panel] {
        let kindOf = Dictionary(
            cpu.coreKinds.flatMap { kind in kind.threads.map { ($0, kind.name) } }
        ) { first, _ in first }
        return grouped(threads, by: \.core).map { core, threads in
            let numbers = Panel.Line(threads.map { String($0.id) }.joined(separator: " "))
            switch threads.first.flatMap({ kindOf[$0.id] }) {
            case nil: return Panel("core \(core)", lines: [numbers])
            case "performance"?: return Panel("P-core \(core)", lines: [numbers])
            case "efficiency"?: return Panel("E-core \(core)", tone: .faint, lines: [numbers])
            case let kind?: return Panel("core \(core)", lines: [numbers, .init(kind, tone: .faint)])
            }
        }
    }

    private func grouped<Key: Hashable & Comparable>(
        _ threads: [CPUDocument.Thread], by key: (CPUDocument.Thread) -> Key
    ) -> [(Key, [CPUDocument.Thread])] {
        Dictionary(grouping: threads, by: key).sorted { $0.key < $1.key }
    }
}

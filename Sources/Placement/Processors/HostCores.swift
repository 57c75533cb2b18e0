import FleetModel

/// The cores of a machine in the order of their threads. The first, with CPU 0, is for the host itself, emulators and
/// I/O threads.
struct HostCores: Sendable {
    struct Core: Sendable {
        /// Ascending.
        var threads: [Int]
        var package: Int
        var die: Int
        var node: Int
        /// A place in the document's `coreKinds`; nil where all cores are alike.
        var kind: Int?
    }

    let cores: [Core]
    /// By thread, the place of its core.
    let coreOfThread: [Int: Int]
    let threadCount: Int
    /// Some cores are faster than others.
    let isHybrid: Bool
    /// The performance cores without the host's, those of one kind together, the best kind first. All cores of a
    /// family have equally many threads.
    let families: [[Int]]

    /// - Returns: nil when the machine's threads are not known.
    init?(_ cpu: CPUDocument) {
        let kindOfThread = Dictionary(
            cpu.coreKinds.enumerated().flatMap { kind in kind.element.threads.map { ($0, kind.offset) } }
        ) { first, _ in first }
        let threads = Dictionary(cpu.threadList.filter { $0.id >= 0 }.map { ($0.id, $0) }) { first, _ in first }
        let cores = Dictionary(grouping: threads.values, by: \.core).values.compactMap { siblings -> Core? in
            let siblings = siblings.sorted { $0.id < $1.id }
            return siblings.first.map { first in
                Core(
                    threads: siblings.map(\.id), package: first.package, die: first.die ?? 0, node: first.node ?? 0,
                    kind: kindOfThread[first.id])
            }
        }.sorted { $0.threads[0] < $1.threads[0] }
        guard !cores.isEmpty else { return nil }
        self.cores = cores
        coreOfThread = Dictionary(
            cores.enumerated().flatMap { core in core.element.threads.map { ($0, core.offset) } }
        ) { first, _ in first }
        threadCount = threads.count
        isHybrid = cpu.coreKinds.count > 1
        families = Self.families(cores, cpu.coreKinds)
    }

    var host: CPUSet { CPUSet(cores[0].threads) }

    /// By number.
    func nodes(of places: [Int]) -> [Int] { Set(places.map { cores[$0].node }).sorted() }

    private struct Family: Hashable {
        var kind: Int?
        var threads: Int
    }

    private static func families(_ cores: [Core], _ kinds: [CPUDocument.CoreKind]) -> [[Int]] {
        // `performance`, or `performance 2` where there are several kinds of them.
        let named = kinds.indices.filter { kinds[$0].name.hasPrefix("performance") }
        let performance = named.isEmpty ? Array(kinds.indices.suffix(1)) : named
        let fit = cores.indices.dropFirst().filter { core in
            kinds.isEmpty || cores[core].kind.map(performance.contains) == true
        }
        return Dictionary(grouping: fit) { Family(kind: cores[$0].kind, threads: cores[$0].threads.count) }
            .sorted { ($0.key.kind ?? 0, $0.key.threads) > ($1.key.kind ?? 0, $1.key.threads) }
            .map { family in
                family.value.sorted {
                    (cores[$0].package, cores[$0].die, cores[$0].threads[0])
                        < (cores[$1].package, cores[$1].die, cores[$1].threads[0])
                }
            }
    }
}

import FleetModel

/// The online hardware threads and their cores (Documentation/ABI/stable/sysfs-devices-system-cpu), or what
/// /proc/cpuinfo tells of them in a tree without /sys.
struct ThreadTable: Sendable {
    let threads: [CPUDocument.Thread]

    private struct Core: Hashable, Comparable {
        var package: Int
        var die: Int
        var core: Int

        static func < (left: Self, right: Self) -> Bool {
            (left.package, left.die, left.core) < (right.package, right.die, right.core)
        }
    }

    init(_ root: HostRoot) {
        var found = Self.sysfs(root)
        if found.isEmpty { found = Self.cpuinfo(root) }
        let numbers = Dictionary(
            Set(found.map(\.core)).sorted().enumerated().map { ($0.element, $0.offset) }
        ) { first, _ in first }
        threads = found.map { id, core, hasDie, frequency in
            CPUDocument.Thread(
                id: id, package: core.package, die: hasDie ? core.die : nil, core: numbers[core] ?? 0, node: nil,
                maximumFrequency: frequency)
        }
    }

    private typealias Found = (id: Int, core: Core, hasDie: Bool, frequency: Int?)

    private static func sysfs(_ root: HostRoot) -> [Found] {
        root.numbered("cpu", in: "/sys/devices/system/cpu").compactMap { id, path in
            let topology = path + "/topology"
            // A processor that is offline has no topology.
            guard let core = root.integer(topology + "/core_id") ?? firstSibling(topology, root) else { return nil }
            let die = root.integer(topology + "/die_id").flatMap { $0 >= 0 ? $0 : nil }
            return (
                id,
                Core(package: max(0, root.integer(topology + "/physical_package_id") ?? 0), die: die ?? 0, core: core),
                die != nil, root.integer(path + "/cpufreq/cpuinfo_max_freq")
            )
        }
    }

    private static func firstSibling(_ topology: String, _ root: HostRoot) -> Int? {
        (root.text(topology + "/core_cpus_list") ?? root.text(topology + "/thread_siblings_list"))
            .flatMap { $0.split { $0 == "," || $0 == "-" }.first }.flatMap { Int($0) }
    }

    private static func cpuinfo(_ root: HostRoot) -> [Found] {
        (root.text("/proc/cpuinfo", limit: 1 << 24) ?? "").split(separator: "\n\n").compactMap { block in
            var (id, package, core): (Int?, Int?, Int?)
            for line in block.split(separator: "\n") {
                guard let colon = line.firstIndex(of: ":") else { continue }
                let value = Int(line[line.index(after: colon)...].drop { $0 == " " })
                switch line[..<colon].prefix(while: { $0 != "\t" }) {
                case "processor": id = value
                case "physical id": package = value
                case "core id": core = value
                default: break
                }
            }
            guard let id, let package, let core else { return nil }
            return (id, Core(package: package, die: 0, core: core), false, nil)
        }
    }
}

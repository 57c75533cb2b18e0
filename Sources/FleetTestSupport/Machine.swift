import FleetModel

/// Documents of machines that need no tree. Threads are numbered as Linux does on Intel: first one of each core, then
/// their siblings.
public enum Machine {
    public static let gibibyte: UInt64 = 1 << 30

    /// - Parameters:
    ///   - cores: of each node.
    ///   - threads: of each core.
    public static func cpu(cores: Int, threads: Int = 2, nodes: Int = 1, sockets: Int = 1) -> CPUDocument {
        var cpu = CPUDocument(isGuest: false)
        let all = cores * nodes
        cpu.threadList = (0..<all * threads).map { thread in
            let core = thread % all
            let node = core / cores
            return .init(id: thread, package: node * sockets / nodes, die: 0, core: core, node: node)
        }
        return cpu
    }

    /// Performance cores with two threads each come first, as on Intel's laptops.
    public static func hybrid(performance: Int, efficiency: Int) -> CPUDocument {
        var cpu = CPUDocument(isGuest: false)
        let fast = 2 * performance
        cpu.threadList = (0..<fast + efficiency).map { thread in
            .init(id: thread, package: 0, core: thread < fast ? thread / 2 : thread - performance, node: 0)
        }
        cpu.coreKinds = [
            .init(name: "efficiency", threads: Array(fast..<fast + efficiency)),
            .init(name: "performance", threads: Array(0..<fast)),
        ]
        return cpu
    }

    /// - Parameters:
    ///   - gibibytes: of each node.
    ///   - pages: reserved on each node, of 2 MiB.
    ///   - largePages: reserved on each node, of 1 GiB.
    ///   - free: how much is free on each node, as momentary values tell it; then no huge page is used.
    public static func memory(
        _ gibibytes: UInt64, nodes: Int = 1, pages: UInt64 = 0, largePages: UInt64 = 0, free: UInt64? = nil
    ) -> MemoryDocument {
        func pools(_ factor: UInt64) -> [MemoryDocument.HugePages] {
            [
                .init(sizeBytes: 2 << 20, count: pages * factor, free: free.map { _ in pages * factor }),
                .init(sizeBytes: 1 << 30, count: largePages * factor, free: free.map { _ in largePages * factor }),
            ]
        }
        return MemoryDocument(
            totalBytes: gibibytes * UInt64(nodes) << 30, hugePages: pools(UInt64(nodes)),
            nodes: (0..<nodes).map {
                .init(
                    id: $0, totalBytes: gibibytes << 30, hugePages: pools(1), freeBytes: free.map { $0 << 30 })
            })
    }

    /// `portPath` is `at ADDRESS`.
    public static func device(
        _ address: String, _ deviceClass: String, group: Int, _ id: String = "8086:1533", with: [String] = [],
        _ verdict: PCIDevice.Verdict = .pass
    ) -> PCIDevice {
        PCIDevice(
            address: PCIAddress(address)!, deviceClass: PCIClass(deviceClass), vendor: String(id.prefix(4)),
            device: String(id.suffix(4)), iommuGroup: group, portPath: "at " + address,
            gpu: deviceClass.hasPrefix("03") ? GPU(role: .candidate, reason: "") : nil,
            passthrough: .init(
                verdict: with.isEmpty ? verdict : .passWithCompanions, with: with.map { PCIAddress($0)! },
                reason: "Because of \(address)."))
    }
}

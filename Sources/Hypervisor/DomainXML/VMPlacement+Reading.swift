import FleetModel

extension VMPlacement {
    /// What a domain's XML gives to it of the host.
    init(
        _ domain: XMLElement, vcpus: Int, memoryBytes: UInt64, devices: [Device], mediatedDevices: [MediatedDevice]
    ) {
        self.init(
            processors: Processors(domain, vcpus: vcpus), memory: Memory(domain, bytes: memoryBytes), devices: devices,
            mediatedDevices: mediatedDevices)
    }
}

extension VMPlacement.Processors {
    /// More vCPUs or I/O threads than any domain has.
    private static let limit = 1 << 14

    fileprivate init(_ domain: XMLElement, vcpus count: Int) {
        let tuning = domain.first("cputune")
        func threads(_ element: XMLElement?) -> CPUSet? { element?.attribute("cpuset").flatMap(CPUSet.init) }
        func pins(_ name: String, _ key: String, _ numbers: Range<Int>, _ standard: CPUSet) -> [CPUSet] {
            let elements = tuning?.children(name) ?? []
            return numbers.map { number in
                threads(elements.first { $0.attribute(key) == String(number) }) ?? standard
            }
        }
        let everywhere = threads(domain.first("vcpu")) ?? CPUSet([])
        let vcpus = pins("vcpupin", "vcpu", 0..<min(max(0, count), Self.limit), everywhere)
        let ioThreads = domain.first("iothreads").flatMap { Int($0.text) } ?? 0
        self.init(
            topology: VMPlacement.GuestTopology(domain.first("cpu", "topology"), vcpus: count),
            ownsCores: !vcpus.isEmpty && vcpus.allSatisfy { $0.threads.count == 1 }, vcpus: vcpus,
            emulator: threads(tuning?.first("emulatorpin")) ?? everywhere,
            ioThreads: pins("iothreadpin", "iothread", 1..<min(max(0, ioThreads), Self.limit) + 1, everywhere),
            weight: tuning?.first("shares").flatMap { Int($0.text) } ?? Self.kernelsWeight)
    }
}

extension VMPlacement.GuestTopology {
    /// Libvirt makes a socket of each vCPU where it is told nothing.
    init(_ element: XMLElement?, vcpus: Int) {
        func number(_ name: String) -> Int? { element?.attribute(name).flatMap { Int($0) } }
        self.init(
            sockets: number("sockets") ?? vcpus, dies: number("dies") ?? 1, cores: number("cores") ?? 1,
            threads: number("threads") ?? 1)
    }
}

extension VMPlacement.Memory {
    /// Of which node how many huge pages are is not in the XML: they are spread evenly.
    fileprivate init(_ domain: XMLElement, bytes: UInt64) {
        let numa = domain.first("numatune", "memory")
        let nodes = numa?.attribute("nodeset").flatMap(CPUSet.init)?.threads ?? []
        let mode = numa.flatMap { $0.attribute("mode") }.flatMap(VMPlacement.NodeBinding.Mode.init)
        self.init(
            bytes: bytes, hugePages: Self.hugePages(domain, bytes: bytes, nodes: nodes.isEmpty ? [0] : nodes),
            binding: nodes.isEmpty ? nil : mode.map { VMPlacement.NodeBinding(mode: $0, nodes: nodes) })
    }

    private static func hugePages(_ domain: XMLElement, bytes: UInt64, nodes: [Int]) -> VMPlacement.HugePages? {
        guard let element = domain.first("memoryBacking", "hugepages") else { return nil }
        // Without a size they are of the kernel's default one.
        let size = element.first("page").flatMap { DomainDefinition.bytes($0.attribute("size"), $0) } ?? 2 << 20
        guard size > 0 else { return nil }
        let count = bytes / size
        let share = count / UInt64(nodes.count)
        return VMPlacement.HugePages(
            sizeBytes: size,
            nodes: nodes.enumerated().map { index, node in
                VMPlacement.NodePages(node: node, count: index == 0 ? count - share * UInt64(nodes.count - 1) : share)
            })
    }
}

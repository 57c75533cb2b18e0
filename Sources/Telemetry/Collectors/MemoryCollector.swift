import FleetModel

extension HostCollector {
    /// /proc/meminfo, in KiB.
    static let memory = HostCollector(name: "memory") { input, samples in
        let sizes: [Substring: MetricDescription] = [
            "MemTotal": .memoryTotal, "MemAvailable": .memoryAvailable, "MemFree": .memoryFree,
            "Buffers": .memoryBuffers, "Cached": .memoryCached, "Dirty": .memoryDirty, "SwapTotal": .swapTotal,
            "SwapFree": .swapFree,
        ]
        let counts: [Substring: MetricDescription] = [
            "HugePages_Total": .hugepagesTotal, "HugePages_Free": .hugepagesFree,
        ]
        for line in input.files.lines("/proc/meminfo") where line.count >= 2 {
            if let metric = sizes[line[0]] { samples.add(metric, Double(line[1]).map { $0 * 1024 }) }
            if let metric = counts[line[0]] { samples.add(metric, Double(line[1])) }
        }
    }
}

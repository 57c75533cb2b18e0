extension HostCollector {
    /// /proc/uptime
    static let uptime = HostCollector(name: "uptime") { input, samples in
        samples.add(.uptime, input.files.lines("/proc/uptime").first?.first.flatMap { Double($0) })
    }
}

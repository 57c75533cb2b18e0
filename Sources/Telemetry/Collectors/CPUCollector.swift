import Glibc

extension HostCollector {
    /// /proc/stat (proc_stat(5)), in clock ticks.
    static let cpu = HostCollector(name: "cpu") { input, samples in
        let modes = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"]
        let ticksPerSecond = Double(sysconf(Int32(_SC_CLK_TCK)))
        let lines = input.files.lines("/proc/stat")
        for (mode, ticks) in zip(modes, lines.first { $0.first == "cpu" }?.dropFirst() ?? []) {
            samples.add(.cpuSeconds, Double(ticks).map { $0 / ticksPerSecond }, mode)
        }
        let cpus = lines.count { $0.first?.hasPrefix("cpu") == true && $0.first != "cpu" }
        if cpus > 0 { samples.add(.cpus, Double(cpus)) }
        samples.add(.bootTime, lines.first { $0.first == "btime" }?.last.flatMap { Double($0) })
    }
}

extension MetricCatalogue {
    static let host: [MetricDescription] = [
        .hypervisorUp, .cpuSeconds, .cpus, .load1, .load5, .load15,
        .memoryTotal, .memoryAvailable, .memoryFree, .memoryBuffers, .memoryCached, .memoryDirty, .swapTotal,
        .swapFree, .hugepagesTotal, .hugepagesFree, .filesystemSize, .filesystemAvailable, .bootTime, .uptime,
        .networkReceived, .networkTransmitted, .networkReceiveErrors, .networkTransmitErrors,
        .agentResidentMemory, .agentCPUSeconds,
    ]
}

extension MetricDescription {
    public static let hypervisorUp = MetricDescription(
        "virtfleet_host_hypervisor_up", .gauge, .host,
        help: "1 when the hypervisor gave its statistics, 0 when it could not be reached")
    public static let cpuSeconds = MetricDescription(
        "virtfleet_host_cpu_seconds_total", .counter, .host, .seconds, labels: ["mode"],
        help: "Time that all CPUs together spent in each mode; guests count as user")
    public static let cpus = MetricDescription("virtfleet_host_cpus", .gauge, .host, help: "Online logical CPUs")
    public static let load1 = MetricDescription(
        "virtfleet_host_load1", .gauge, .host, help: "Load average over 1 minute")
    public static let load5 = MetricDescription(
        "virtfleet_host_load5", .gauge, .host, help: "Load average over 5 minutes")
    public static let load15 = MetricDescription(
        "virtfleet_host_load15", .gauge, .host, help: "Load average over 15 minutes")

    public static let memoryTotal = memory("total", "Memory that the kernel can use")
    public static let memoryAvailable = memory(
        "available", "The kernel's estimate of what new programs can have without swapping")
    public static let memoryFree = memory("free", "Memory that nothing uses")
    public static let memoryBuffers = memory("buffers", "Cache of block devices")
    public static let memoryCached = memory("cached", "Page cache")
    public static let memoryDirty = memory("dirty", "Cached data that waits to be written")
    public static let swapTotal = memory("swap_total", "Swap space")
    public static let swapFree = memory("swap_free", "Unused swap space")
    public static let hugepagesTotal = MetricDescription(
        "virtfleet_host_hugepages", .gauge, .host, help: "Huge pages of the default size that are reserved")
    public static let hugepagesFree = MetricDescription(
        "virtfleet_host_hugepages_free", .gauge, .host, help: "Reserved huge pages that nothing uses")

    public static let filesystemSize = MetricDescription(
        "virtfleet_host_filesystem_size_bytes", .gauge, .host, .bytes, labels: ["path"],
        help: "Size of the file system that holds the path")
    public static let filesystemAvailable = MetricDescription(
        "virtfleet_host_filesystem_avail_bytes", .gauge, .host, .bytes, labels: ["path"],
        help: "What an ordinary user can still write there")
    public static let bootTime = MetricDescription(
        "virtfleet_host_boot_time_seconds", .gauge, .host, .seconds, help: "When the host was booted, in Unix time")
    public static let uptime = MetricDescription(
        "virtfleet_host_uptime_seconds", .gauge, .host, .seconds, help: "Time since boot, suspended time included")

    public static let networkReceived = network("receive_bytes", .bytes, "Bytes received by a physical interface")
    public static let networkTransmitted = network("transmit_bytes", .bytes, "Bytes sent by a physical interface")
    public static let networkReceiveErrors = network("receive_errs", nil, "Receive errors of a physical interface")
    public static let networkTransmitErrors = network("transmit_errs", nil, "Transmit errors of a physical interface")

    public static let agentResidentMemory = MetricDescription(
        "virtfleet_agent_resident_memory_bytes", .gauge, .host, .bytes, help: "Resident memory of the agent")
    public static let agentCPUSeconds = MetricDescription(
        "virtfleet_agent_cpu_seconds_total", .counter, .host, .seconds, help: "CPU time of the agent")

    private static func memory(_ part: String, _ help: String) -> MetricDescription {
        MetricDescription("virtfleet_host_memory_\(part)_bytes", .gauge, .host, .bytes, help: help)
    }

    private static func network(_ what: String, _ unit: Unit?, _ help: String) -> MetricDescription {
        MetricDescription("virtfleet_host_network_\(what)_total", .counter, .host, unit, labels: ["device"], help: help)
    }
}

import FleetModel

/// All that the tree tells about its IOMMU.
struct IOMMUEvidence: Sendable {
    /// Names in /sys/class/iommu: `dmar0`, `ivhd0`, ...
    var units: [String] = []
    /// Devices in groups.
    var groupedDevices = 0
    var groups = 0
    var hasGroupsDirectory = false
    /// The ACPI tables, absent when their directory is.
    var tables: Set<String>?
    /// Of /proc/cpuinfo; absent when there is none.
    var processorVendor: String?
    var hasProcessorInformation = false
    /// The `hypervisor` flag.
    var isGuest = false
    /// The vendor of the host bridge.
    var hostBridgeVendor: String?
    var commandLine: KernelCommandLine?
    var configuration: KernelConfiguration?
    var interrupts: String?
    var log = KernelLog(messages: [])

    init() {}

    init(
        _ root: HostRoot, kernel: RunningKernel, processor: FirstProcessor, groups: [GroupReader.Group],
        devices: [PCIDevice], log: KernelLog
    ) {
        units = root.names(in: "/sys/class/iommu")
        self.groups = groups.count
        groupedDevices = groups.reduce(0) { $0 + $1.devices.count }
        hasGroupsDirectory = root.exists("/sys/kernel/iommu_groups")
        if root.exists("/sys/firmware/acpi/tables") { tables = Set(root.names(in: "/sys/firmware/acpi/tables")) }
        hasProcessorInformation = !processor.fields.isEmpty
        processorVendor = processor.vendor
        isGuest = processor.isGuest
        hostBridgeVendor = devices.first { $0.deviceClass?.isHostBridge == true && $0.vendor != nil }?.vendor
        commandLine = kernel.commandLine
        configuration = kernel.configuration
        interrupts = root.text("/proc/interrupts", limit: 16 << 20)
        self.log = log
    }

    /// By what is running, then what the firmware describes, then what is built in.
    var vendor: IOMMUDocument.Vendor? {
        if units.contains(where: { $0.hasPrefix("dmar") }) { return .intel }
        if units.contains(where: { $0.hasPrefix("ivhd") }) { return .amd }
        if !units.isEmpty { return .other }
        if tables?.contains("DMAR") == true { return .intel }
        if tables?.contains("IVRS") == true { return .amd }
        switch processorVendor {
        case "GenuineIntel": return .intel
        case "AuthenticAMD", "HygonGenuine": return .amd
        default: break
        }
        switch hostBridgeVendor {
        case "8086": return .intel
        case "1022": return .amd
        case nil: return processorVendor == nil ? nil : .other
        default: return .other
        }
    }

    var hasTable: Bool { tables?.contains("DMAR") == true || tables?.contains("IVRS") == true }
}

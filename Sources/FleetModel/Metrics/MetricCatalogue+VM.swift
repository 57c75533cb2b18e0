extension MetricCatalogue {
    static let vm: [MetricDescription] = [
        .vmState, .vmStateReason, .vmVCPUs, .vmCPUSeconds, .vmVCPUSeconds, .vmVCPUDelaySeconds, .vmVCPUWaitSeconds,
        .vmMemoryCurrent, .vmMemoryMaximum, .vmMemoryResident, .vmGuestMemoryTotal, .vmGuestMemoryUnused,
        .vmGuestMemoryUsable, .vmGuestMemoryUpdated,
        .vmBlockReadBytes, .vmBlockReadRequests, .vmBlockReadSeconds, .vmBlockWrittenBytes, .vmBlockWriteRequests,
        .vmBlockWriteSeconds, .vmBlockFlushRequests, .vmBlockFlushSeconds, .vmBlockAllocation, .vmBlockCapacity,
        .vmBlockPhysical, .vmBlockUsed,
        .vmNetworkReceivedBytes, .vmNetworkReceivedPackets, .vmNetworkReceiveErrors, .vmNetworkReceiveDrops,
        .vmNetworkTransmittedBytes, .vmNetworkTransmittedPackets, .vmNetworkTransmitErrors, .vmNetworkTransmitDrops,
    ]
}

extension MetricDescription {
    public static let vmState = MetricDescription(
        "virtfleet_vm_state", .gauge, .vm,
        help: "libvirt's state: 0 none, 1 running, 2 blocked, 3 paused, 4 shutting down, 5 shut off, 6 crashed, "
            + "7 suspended by the guest")
    public static let vmStateReason = MetricDescription(
        "virtfleet_vm_state_reason", .gauge, .vm,
        help: "libvirt's reason for the state; of a paused VM, 5 is an I/O error and 10 a crash of the guest")
    public static let vmVCPUs = MetricDescription("virtfleet_vm_vcpus", .gauge, .vm, help: "vCPUs that are online")
    public static let vmCPUSeconds = MetricDescription(
        "virtfleet_vm_cpu_seconds_total", .counter, .vm, .seconds,
        help: "CPU time of the VM with all that QEMU does for it")
    public static let vmVCPUSeconds = vcpu("seconds", "CPU time of one vCPU")
    public static let vmVCPUDelaySeconds = vcpu(
        "delay_seconds", "Time that a vCPU was ready and waited for a host CPU: steal time, as the guest sees it")
    public static let vmVCPUWaitSeconds = vcpu("wait_seconds", "Time that a vCPU waited for input and output")

    public static let vmMemoryCurrent = memory("current", "Memory that the balloon leaves to the guest")
    public static let vmMemoryMaximum = memory("max", "The most memory that the guest can have")
    public static let vmMemoryResident = memory("resident", "Host memory that the VM's process occupies")
    public static let vmGuestMemoryTotal = guestMemory("total", "Memory as the guest sees it")
    public static let vmGuestMemoryUnused = guestMemory("unused", "Memory that the guest leaves entirely unused")
    public static let vmGuestMemoryUsable = guestMemory(
        "usable", "What the guest's programs can still have without swapping")
    public static let vmGuestMemoryUpdated = MetricDescription(
        "virtfleet_vm_guest_memory_updated_time_seconds", .gauge, .vm, .seconds,
        help: "When the guest last reported its memory, in Unix time; older than a minute hides the reports")

    public static let vmBlockReadBytes = blockTotal("read_bytes", .bytes, "Bytes read")
    public static let vmBlockReadRequests = blockTotal("read_requests", nil, "Read requests")
    public static let vmBlockReadSeconds = blockTotal("read_seconds", .seconds, "Time spent on reads")
    public static let vmBlockWrittenBytes = blockTotal("write_bytes", .bytes, "Bytes written")
    public static let vmBlockWriteRequests = blockTotal("write_requests", nil, "Write requests")
    public static let vmBlockWriteSeconds = blockTotal("write_seconds", .seconds, "Time spent on writes")
    public static let vmBlockFlushRequests = blockTotal("flush_requests", nil, "Flush requests")
    public static let vmBlockFlushSeconds = blockTotal("flush_seconds", .seconds, "Time spent on flushes")
    public static let vmBlockAllocation = block(
        "allocation", "The highest offset written in the image: not the space that it uses")
    public static let vmBlockCapacity = block("capacity", "Size of the disk as the guest sees it")
    public static let vmBlockPhysical = block("physical", "Size of the image's file")
    public static let vmBlockUsed = block("used", "Space that the image's file occupies on the host")

    public static let vmNetworkReceivedBytes = network("receive_bytes", .bytes, "Bytes received by the VM")
    public static let vmNetworkReceivedPackets = network("receive_packets", nil, "Packets received by the VM")
    public static let vmNetworkReceiveErrors = network("receive_errs", nil, "Receive errors")
    public static let vmNetworkReceiveDrops = network("receive_drop", nil, "Packets to the VM that were dropped")
    public static let vmNetworkTransmittedBytes = network("transmit_bytes", .bytes, "Bytes sent by the VM")
    public static let vmNetworkTransmittedPackets = network("transmit_packets", nil, "Packets sent by the VM")
    public static let vmNetworkTransmitErrors = network("transmit_errs", nil, "Transmit errors")
    public static let vmNetworkTransmitDrops = network("transmit_drop", nil, "Packets from the VM that were dropped")

    private static func vcpu(_ what: String, _ help: String) -> MetricDescription {
        MetricDescription("virtfleet_vm_vcpu_\(what)_total", .counter, .vm, .seconds, labels: ["vcpu"], help: help)
    }

    private static func memory(_ what: String, _ help: String) -> MetricDescription {
        MetricDescription("virtfleet_vm_memory_\(what)_bytes", .gauge, .vm, .bytes, help: help)
    }

    private static func guestMemory(_ what: String, _ help: String) -> MetricDescription {
        MetricDescription("virtfleet_vm_guest_memory_\(what)_bytes", .gauge, .vm, .bytes, help: help)
    }

    private static func blockTotal(_ what: String, _ unit: Unit?, _ help: String) -> MetricDescription {
        MetricDescription("virtfleet_vm_block_\(what)_total", .counter, .vm, unit, labels: ["device"], help: help)
    }

    private static func block(_ what: String, _ help: String) -> MetricDescription {
        MetricDescription("virtfleet_vm_block_\(what)_bytes", .gauge, .vm, .bytes, labels: ["device"], help: help)
    }

    private static func network(_ what: String, _ unit: Unit?, _ help: String) -> MetricDescription {
        MetricDescription("virtfleet_vm_network_\(what)_total", .counter, .vm, unit, labels: ["device"], help: help)
    }
}

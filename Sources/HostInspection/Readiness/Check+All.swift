extension Check {
    /// Every check, in the order in which a machine is set up: firmware, kernel, devices, memory, VMs, upkeep. A new one
    /// is a file in Checks/, a line here and a section of docs/readiness.md.
    public static let all: [Check] = [
        firmwareVirtualisation, kernelVersion, kvm, nestedPaging,
        iommu, interruptRemapping, sharedGroups, vfioModules, duplicateDeviceIDs, gpuRole,
        memoryLocking, hugePages, tpm, secureBootFirmware, diskSpace, reflink, bridge, qemuProtection,
        idleVMTimers, thermals, clockSynchronisation, kernelLog,
    ]
}

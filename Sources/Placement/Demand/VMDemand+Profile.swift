import FleetModel

extension Profile {
    /// What a VM that is built by it asks of its host.
    public func demand(of id: VMID, named name: String) -> VMDemand {
        VMDemand(
            id: id, name: name, vcpus: vcpus, topology: topology,
            memory: MemoryDemand(
                minimumBytes: UInt64(clamping: memoryMiB) << 20,
                maximumBytes: UInt64(clamping: maximumMemoryMiB ?? memoryMiB) << 20, hugePages: hugePages),
            pinning: pinning, weight: weight, ioThreads: ioThreads, devices: hostDevices)
    }

    /// Libvirt may start such a VM with its host. Who has devices is started by the agent, which looks where they are now.
    public var isStartedByLibvirt: Bool { autostart && !demand(of: .random(), named: "").asksForDevices }
}

import FleetModel

extension Profile {
    /// What a VM that is built by it asks of its host.
    /// - Parameter mac: of the VM's network card with this number.
    public func demand(
        of id: VMID, named name: String, mac: (_ nic: Int) -> MACAddress? = { _ in nil }
    ) -> VMDemand {
        let cards = networks.enumerated().compactMap { index, network -> DeviceSelector? in
            guard case .sriov(var selector) = network else { return nil }
            selector.mac = mac(index)
            return selector
        }
        return VMDemand(
            id: id, name: name, vcpus: vcpus, topology: topology,
            memory: MemoryDemand(
                minimumBytes: UInt64(clamping: memoryMiB) << 20,
                maximumBytes: UInt64(clamping: maximumMemoryMiB ?? memoryMiB) << 20, hugePages: hugePages),
            pinning: pinning, weight: weight, ioThreads: ioThreads, devices: hostDevices + cards,
            graphics: graphics == .virtio ? nil : graphics)
    }

    /// Libvirt may start such a VM with its host. Who has devices is started by the agent, which looks where they are now.
    public var isStartedByLibvirt: Bool { autostart && !demand(of: .random(), named: "").asksForDevices }
}

import FleetModel

/// /sys/bus/pci, and the members of IOMMU groups that have no entry there: what each function is, without verdict.
struct PCIInspector: Sendable {
    /// Sorted by address.
    func inspect(
        _ subject: InspectionSubject, groups: [GroupReader.Group], limitations: inout [Inspection.Limitation]
    ) -> [PCIDevice] {
        let root = subject.root
        var groupOf: [PCIAddress: Int] = [:]
        for group in groups { for address in group.devices { groupOf[address] = group.id } }
        let addresses = Set(root.names(in: "/sys/bus/pci/devices").compactMap { PCIAddress($0) }).union(groupOf.keys)
        let framebuffer = BootFramebuffer(root)
        var reader = PCIFunctionReader(subject, framebuffer: framebuffer)
        var devices = addresses.sorted().map { reader.read($0, group: groupOf[$0]) }
        addNames(to: &devices, root)
        addDriverAlternatives(to: &devices, root)
        GPURoles.assign(to: &devices)
        if reader.sawHiddenCapabilities {
            limitations.append(.init(fact: "which ports isolate (ACS)", needs: "run as root"))
        }
        if framebuffer.knowledge == .hidden, devices.contains(where: { $0.gpu != nil }) {
            limitations.append(.init(fact: "the boot framebuffer's card", needs: "run as root"))
        }
        return devices
    }

    private func addNames(to devices: inout [PCIDevice], _ root: HostRoot) {
        let wanted = devices.compactMap { device in
            device.vendor.flatMap { vendor in device.device.map { (vendor, $0) } }
        }
        guard !wanted.isEmpty, let names = PCINameDatabase(root, for: wanted) else { return }
        for index in devices.indices {
            let device = devices[index]
            devices[index].vendorName = names.vendor(device.vendor)
            devices[index].deviceName = names.device(device.vendor, device.device)
        }
    }

    private func addDriverAlternatives(to devices: inout [PCIDevice], _ root: HostRoot) {
        let wanted = devices.map { device in
            root.text("/sys/bus/pci/devices/\(device.address)/modalias").flatMap { PCIModuleAlias($0.utf8) }
        }
        let aliases = ModuleAliases(root, kernel: RunningKernel.release(root), for: wanted.compactMap { $0 })
        for (index, alias) in zip(devices.indices, wanted) {
            devices[index].driverAlternatives = alias.map(aliases.modules) ?? []
        }
    }
}

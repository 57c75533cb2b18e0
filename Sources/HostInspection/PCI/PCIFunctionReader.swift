import FleetModel

/// Reads what /sys tells of one function (Documentation/ABI/testing/sysfs-bus-pci, sysfs-bus-pci-drivers-*).
struct PCIFunctionReader: Sendable {
    let subject: InspectionSubject
    let framebuffer: BootFramebuffer
    /// A port's configuration space ended before its capabilities, as it does for other users than root.
    private(set) var sawHiddenCapabilities = false

    init(_ subject: InspectionSubject, framebuffer: BootFramebuffer) {
        self.subject = subject
        self.framebuffer = framebuffer
    }

    /// - Parameter group: the IOMMU group that lists the function.
    mutating func read(_ address: PCIAddress, group: Int?) -> PCIDevice {
        let files = SysfsDevice(address, group: group, in: subject.root)
        var device = PCIDevice(address: address, passthrough: .unjudged)
        identify(&device, files)
        device.driver = files.linkName("driver")
        device.iommuGroup = group
        if let path = files.path {
            device.parent = path.hops.dropLast().last
            device.portPath = ([String(path.rootBus)] + path.hops.map(\.portHop)).joined(separator: "/")
        }
        device.numaNode = files.integer("numa_node").flatMap { $0 < 0 ? nil : $0 }
        device.link = link(files)
        device.resetMethods = files.text("reset_method").map { $0.split(separator: " ").map(String.init) }
        if device.deviceClass?.isPCIBridge == true { readPort(&device, files) }
        device.sriov = sriov(files)
        device.physicalFunction = files.linkName("physfn").flatMap { PCIAddress($0) }
        device.mediatedTypes = mediatedTypes(files)
        device.virtualGPU = virtualGPU(files)
        device.bootVGA = files.integer("boot_vga").map { $0 == 1 }
        if device.deviceClass?.isDisplay == true {
            device.bootFramebuffer = framebuffer.lies(in: files.text("resource"))
            device.gpu = GPU(role: .candidate, reason: "", connectors: connectors(files))
        }
        return device
    }

    private func identify(_ device: inout PCIDevice, _ files: SysfsDevice) {
        device.deviceClass = files.hexadecimal("class", digits: 6).flatMap { PCIClass(String($0.prefix(4))) }
        device.vendor = files.hexadecimal("vendor", digits: 4)
        device.device = files.hexadecimal("device", digits: 4)
        device.subsystemVendor = files.hexadecimal("subsystem_vendor", digits: 4)
        device.subsystemDevice = files.hexadecimal("subsystem_device", digits: 4)
        device.revision = files.hexadecimal("revision", digits: 2)
    }

    private mutating func readPort(_ device: inout PCIDevice, _ files: SysfsDevice) {
        guard let bytes = files.bytes("config", limit: ConfigurationSpace.size) else { return }
        let space = ConfigurationSpace(bytes)
        device.portKind = space.portKind
        device.acs = space.accessControl
        if device.acs == nil { sawHiddenCapabilities = true }
    }

    private func link(_ files: SysfsDevice) -> PCIDevice.Link? {
        var link = PCIDevice.Link(
            maximumSpeed: speed(files.text("max_link_speed")), maximumWidth: width(files.integer("max_link_width")))
        if subject.includesMomentary {
            link.speed = speed(files.text("current_link_speed"))
            link.width = width(files.integer("current_link_width"))
        }
        return link == PCIDevice.Link() ? nil : link
    }

    /// `8.0 GT/s PCIe`, or `Unknown`.
    private func speed(_ text: String?) -> Double? {
        guard let text, text.contains("GT/s"), let number = text.split(separator: " ").first.flatMap({ Double($0) }),
            number.isFinite, number > 0
        else { return nil }
        return number
    }

    /// 0 without a link, 255 when the device sleeps too deeply to say.
    private func width(_ lanes: Int?) -> Int? { lanes.flatMap { (1...32).contains($0) ? $0 : nil } }

    private func sriov(_ files: SysfsDevice) -> PCIDevice.SRIOV? {
        guard let total = files.integer("sriov_totalvfs"), total > 0 else { return nil }
        return PCIDevice.SRIOV(
            total: total, current: files.integer("sriov_numvfs") ?? 0,
            virtualDevice: files.hexadecimal("sriov_vf_device", digits: 4),
            driversAutoprobe: files.integer("sriov_drivers_autoprobe").map { $0 == 1 })
    }

    private func mediatedTypes(_ files: SysfsDevice) -> [PCIDevice.MediatedType] {
        files.names(in: "mdev_supported_types").map { type in
            let folder = "mdev_supported_types/\(type)"
            let devices = files.names(in: folder + "/devices").compactMap { MediatedDeviceID($0) }
            return PCIDevice.MediatedType(
                id: type, name: files.text(folder + "/name"), description: files.text(folder + "/description"),
                available: files.integer(folder + "/available_instances"),
                deviceAPI: files.text(folder + "/device_api"),
                devices: devices.isEmpty ? nil : devices)
        }
    }

    /// `creatable_vgpu_types` is a table of numbers and names: `558 : NVIDIA A16-2Q`.
    private func virtualGPU(_ files: SysfsDevice) -> PCIDevice.VirtualGPU? {
        guard let table = files.text("nvidia/creatable_vgpu_types") else { return nil }
        let types = table.split(separator: "\n").compactMap { line -> PCIDevice.MediatedType? in
            let columns = line.split(separator: ":", maxSplits: 1).map {
                $0.split(separator: " ").joined(separator: " ")
            }
            guard columns.count == 2, let number = Int(columns[0]), number >= 0 else { return nil }
            return PCIDevice.MediatedType(id: String(number), name: columns[1])
        }
        let current = files.integer("nvidia/current_vgpu_type").flatMap { $0 > 0 ? String($0) : nil }
        return PCIDevice.VirtualGPU(creatableTypes: types, currentType: current)
    }

    /// Nil when no graphics driver made a card of it. A card's connectors are directories such as `card0-HDMI-A-1`.
    private func connectors(_ files: SysfsDevice) -> [GPU.Connector]? {
        let cards = files.names(in: "drm").filter { $0.hasPrefix("card") }
        guard !cards.isEmpty else { return nil }
        return cards.flatMap { card in
            files.names(in: "drm/\(card)").compactMap { name -> GPU.Connector? in
                // A write-back connector ends in memory.
                guard name.hasPrefix(card + "-"), !name.contains("Writeback") else { return nil }
                let status = subject.includesMomentary ? files.text("drm/\(card)/\(name)/status") : nil
                return GPU.Connector(
                    name: String(name.dropFirst(card.utf8.count + 1)), connected: status.map { $0 == "connected" })
            }
        }
    }
}

extension PCIAddress {
    /// Device and function: what stays when bus numbers move.
    fileprivate var portHop: String { String(description.suffix(4)) }
}

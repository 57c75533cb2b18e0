import FleetModel

extension DeviceSelector {
    /// It means one device, or one kind, so that the host's own display counts as given away on purpose.
    var isDeliberate: Bool { id != nil || portPath != nil }

    /// Whether it asks for what has disks of its own.
    /// - Parameter devices: the machine's, as an ID or a place alone does not tell.
    public func hasDisks(among devices: [PCIDevice]) -> Bool {
        role == .nvme || deviceClass?.isStorage == true
            || devices.contains { $0.deviceClass?.isStorage == true && matches($0) }
    }

    func matches(_ device: PCIDevice) -> Bool {
        (role.map { role in device.deviceClass.map(role.includes) == true } ?? true)
            && (deviceClass.map { $0 == device.deviceClass } ?? true)
            && (id.map { $0.description == "\(device.vendor ?? ""):\(device.device ?? "")" } ?? true)
            && (portPath.map { $0 == device.portPath } ?? true)
    }
}

extension DeviceSelector.Role {
    fileprivate func includes(_ deviceClass: PCIClass) -> Bool {
        switch self {
        case .gpu: deviceClass.isDisplay
        case .nic: deviceClass.base == "02"
        case .nvme: deviceClass.description == "0108"
        case .sound: deviceClass.description == "0403"
        case .usbController: deviceClass.description == "0c03"
        }
    }
}

/// Which PCI device a VM asks for: all that is given must hold. An address is not among it, as bus numbers move.
public struct DeviceSelector: Codable, Hashable, Sendable {
    /// What a device is good for, by its class.
    public enum Role: String, Codable, Sendable, CaseIterable {
        case gpu, nic, nvme, sound
        case usbController = "usb-controller"
    }

    public var role: Role?
    public var deviceClass: PCIClass?
    public var id: PCIDeviceID?
    /// As in the inventory: `0000:00/01.0/00.0`.
    public var portPath: String?

    public init(
        role: Role? = nil, deviceClass: PCIClass? = nil, id: PCIDeviceID? = nil, portPath: String? = nil
    ) {
        self.role = role
        self.deviceClass = deviceClass
        self.id = id
        self.portPath = portPath
    }

    enum CodingKeys: String, CodingKey {
        case role, id, portPath
        case deviceClass = "class"
    }

    /// It says nothing, so that any device would do.
    public var isEmpty: Bool { self == DeviceSelector() }
}

extension DeviceSelector: CustomStringConvertible {
    /// For the middle of a sentence: `gpu with ID 10de:2504 at 0000:00/01.0/00.0`.
    public var description: String {
        [
            role?.rawValue ?? "device", deviceClass.map { "of class \($0)" }, id.map { "with ID \($0)" },
            portPath.map { "at \($0)" },
        ].compactMap { $0 }.joined(separator: " ")
    }
}

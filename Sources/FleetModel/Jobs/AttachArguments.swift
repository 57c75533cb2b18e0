/// Arguments of `vm.attach` and `vm.detach`.
public struct AttachArguments: Codable, Equatable, Sendable {
    public var vm: VMID
    public var device: AttachedDevice

    public init(vm: VMID, device: AttachedDevice) {
        self.vm = vm
        self.device = device
    }

    /// Why nobody could do this; nil when somebody could.
    public var problem: String? {
        guard case .host(let selector) = device else { return nil }
        if selector.isEmpty { return "the device needs a role, a class, an ID or a port path" }
        return selector.mac == nil ? nil : "a device that is attached has no MAC address of the VM's"
    }
}

/// A device of the host that one VM has beside what its profile says.
public enum AttachedDevice: Equatable, Sendable {
    /// A PCI device, from the VM's next start on.
    case host(DeviceSelector)
    /// A USB device, at once.
    case usb(USBDeviceID)
}

extension AttachedDevice: Codable {
    private enum CodingKeys: String, CodingKey { case hostDevice, usbDevice }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self =
            if let usb = try values.decodeIfPresent(USBDeviceID.self, forKey: .usbDevice) { .usb(usb) } else {
                .host(try values.decode(DeviceSelector.self, forKey: .hostDevice))
            }
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .host(let selector): try values.encode(selector, forKey: .hostDevice)
        case .usb(let id): try values.encode(id, forKey: .usbDevice)
        }
    }
}

extension AttachedDevice: CustomStringConvertible {
    public var description: String {
        switch self {
        case .host(let selector): selector.description
        case .usb(let id): "USB device \(id)"
        }
    }
}

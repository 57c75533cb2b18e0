/// What `vm.resize` and `vm.attach` have a VM have otherwise than its profile says, whichever version of that it gets.
public struct ProfileOverride: Codable, Equatable, Sendable {
    /// At least, and at most where no maximum is given.
    public var memoryMiB: Int?
    /// Only with `memoryMiB`.
    public var maximumMemoryMiB: Int?
    public var vcpus: Int?
    /// Beside those of the profile; absent when there is none.
    public var hostDevices: [DeviceSelector]?
    /// Likewise.
    public var usbDevices: [USBDeviceID]?

    public init(
        memoryMiB: Int? = nil, maximumMemoryMiB: Int? = nil, vcpus: Int? = nil, hostDevices: [DeviceSelector]? = nil,
        usbDevices: [USBDeviceID]? = nil
    ) {
        self.memoryMiB = memoryMiB
        self.maximumMemoryMiB = maximumMemoryMiB
        self.vcpus = vcpus
        self.hostDevices = hostDevices
        self.usbDevices = usbDevices
    }

    public var isEmpty: Bool { self == ProfileOverride() }

    public func has(_ device: AttachedDevice) -> Bool {
        switch device {
        case .host(let selector): hostDevices?.contains(selector) == true
        case .usb(let id): usbDevices?.contains(id) == true
        }
    }

    /// Of PCI devices there may be several alike.
    public mutating func add(_ device: AttachedDevice) {
        switch device {
        case .host(let selector): hostDevices = (hostDevices ?? []) + [selector]
        case .usb(let id): if !has(device) { usbDevices = (usbDevices ?? []) + [id] }
        }
    }

    /// Of several alike, one.
    public mutating func remove(_ device: AttachedDevice) {
        switch device {
        case .host(let selector):
            if let place = hostDevices?.firstIndex(of: selector) { hostDevices?.remove(at: place) }
            if hostDevices?.isEmpty == true { hostDevices = nil }
        case .usb(let id):
            usbDevices?.removeAll { $0 == id }
            if usbDevices?.isEmpty == true { usbDevices = nil }
        }
    }
}

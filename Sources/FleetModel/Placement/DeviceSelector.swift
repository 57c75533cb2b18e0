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
    /// What else is said is said of a physical function (SR-IOV), and one of its virtual ones is meant, which may have to be made.
    public var virtualFunction: Bool
    /// What else is said is said of a device that can be shared (mediated devices, vGPU), and a share of this type is meant,
    /// which is made for the VM.
    public var mdevType: MediatedTypeID?
    /// It becomes the VM's network card with this address. A VM's own: no profile says it.
    public var mac: MACAddress?
    /// A VM whose device has disks of its own (NVMe, SATA, RAID), which no snapshot can hold, has snapshots only where this is `no`.
    public var snapshot: InSnapshots

    public init(
        role: Role? = nil, deviceClass: PCIClass? = nil, id: PCIDeviceID? = nil, portPath: String? = nil,
        virtualFunction: Bool = false, mdevType: MediatedTypeID? = nil, mac: MACAddress? = nil,
        snapshot: InSnapshots = .yes
    ) {
        self.role = role
        self.deviceClass = deviceClass
        self.id = id
        self.portPath = portPath
        self.virtualFunction = virtualFunction
        self.mdevType = mdevType
        self.mac = mac
        self.snapshot = snapshot
    }

    enum CodingKeys: String, CodingKey {
        case role, id, portPath, virtualFunction, mdevType, mac, snapshot
        case deviceClass = "class"
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            role: try values.decodeIfPresent(Role.self, forKey: .role),
            deviceClass: try values.decodeIfPresent(PCIClass.self, forKey: .deviceClass),
            id: try values.decodeIfPresent(PCIDeviceID.self, forKey: .id),
            portPath: try values.decodeIfPresent(String.self, forKey: .portPath),
            virtualFunction: try values.decodeIfPresent(Bool.self, forKey: .virtualFunction) ?? false,
            mdevType: try values.decodeIfPresent(MediatedTypeID.self, forKey: .mdevType),
            mac: try values.decodeIfPresent(MACAddress.self, forKey: .mac),
            snapshot: try values.decodeIfPresent(InSnapshots.self, forKey: .snapshot) ?? .yes)
    }

    /// What is not said is absent.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encodeIfPresent(role, forKey: .role)
        try values.encodeIfPresent(deviceClass, forKey: .deviceClass)
        try values.encodeIfPresent(id, forKey: .id)
        try values.encodeIfPresent(portPath, forKey: .portPath)
        if virtualFunction { try values.encode(true, forKey: .virtualFunction) }
        try values.encodeIfPresent(mdevType, forKey: .mdevType)
        try values.encodeIfPresent(mac, forKey: .mac)
        if snapshot == .no { try values.encode(snapshot, forKey: .snapshot) }
    }

    /// It says nothing, so that any device would do.
    public var isEmpty: Bool {
        role == nil && deviceClass == nil && id == nil && portPath == nil && (mdevType ?? .auto) == .auto
    }
}

extension DeviceSelector: CustomStringConvertible {
    /// For the middle of a sentence: `gpu with ID 10de:2504 at 0000:00/01.0/00.0`.
    public var description: String {
        [
            virtualFunction ? "virtual function of a" : nil, share, role?.rawValue ?? "device",
            deviceClass.map { "of class \($0)" }, id.map { "with ID \($0)" },
            portPath.map { "at \($0)" },
        ].compactMap { $0 }.joined(separator: " ")
    }

    private var share: String? {
        mdevType.map { $0 == .auto ? "mediated device of a" : "mediated device \($0) of a" }
    }
}

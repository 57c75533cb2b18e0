import FleetModel
import FoundationEssentials

/// What virtfleet wants to know of a domain's XML, live or persistent.
public struct DomainDefinition: Equatable, Sendable {
    public struct Disk: Equatable, Sendable {
        /// The name that libvirt's statistics and events use: `sda`.
        public var target: String
        /// `disk`, `cdrom`, `floppy`, `lun`
        public var device: String
        /// The file; absent for an empty drive, a block device, a volume or a network disk.
        public var file: String?
        /// `scsi`, `virtio`, `sata` and others.
        public var bus: String?
        /// `qcow2`, `raw`; libvirt takes `raw` where nothing is said.
        public var format: String
        /// The guest cannot change it.
        public var isReadOnly: Bool
        /// The host's block device that it is.
        public var blockDevice: String?
        /// Snapshots shall leave it out (`snapshot='no'`).
        public var isLeftOut: Bool
        /// What it is on the host when it is not in a file: `block device /dev/sdb`.
        public var hostStorage: String?

        public init(
            target: String, device: String, file: String?, bus: String? = nil, format: String = "raw",
            isReadOnly: Bool = false, blockDevice: String? = nil, isLeftOut: Bool = false, hostStorage: String? = nil
        ) {
            self.target = target
            self.device = device
            self.file = file
            self.bus = bus
            self.format = format
            self.isReadOnly = isReadOnly
            self.blockDevice = blockDevice
            self.isLeftOut = isLeftOut
            self.hostStorage = hostStorage
        }

        /// In words: `file /srv/data.raw`, `block device /dev/sdb`.
        public var backing: String { file.map { "file \($0)" } ?? hostStorage ?? "nothing" }

        /// The guest has it as a disk that it can write to, so that its state is part of the VM's.
        public var isWritable: Bool { ["disk", "lun"].contains(device) && !isReadOnly }
    }

    public var name: String
    public var id: VMID
    /// The most that the guest can have.
    public var memoryBytes: UInt64
    public var vcpus: Int
    public var disks: [Disk]
    public var accelerator: DomainSpecification.Accelerator?
    /// The read-only firmware code.
    public var loaderPath: String?
    /// The loader enforces Secure Boot.
    public var isSecure: Bool
    public var nvramPath: String?
    /// It has a TPM that swtpm emulates.
    public var hasEmulatedTPM: Bool
    /// What libvirt copies to `nvramPath` when there is nothing yet.
    public var nvramTemplatePath: String?
    public var macs: [MACAddress]
    public var genID: UUID?
    /// Whether the guest agent is connected; nil when the domain has no channel for one.
    public var guestAgent: Bool?
    /// Set when virtfleet made the domain.
    public var origin: VMDocument.Origin?
    /// The profile that virtfleet made the definition by, as a document.
    public var profile: [String: JSONValue]?
    /// Discard granularities are told to QEMU past libvirt.
    public var overridesDiscardGranularity: Bool
    /// What is set over that profile.
    public var override: ProfileOverride?
    /// The file that the first serial console is written to.
    public var consoleLogPath: String?
    /// The host's PCI functions that it gets: by `<hostdev>`, as a network card, or as an NVMe disk.
    public var hostDevices: [PCIAddress]
    /// The host's USB devices that it gets.
    public var usbDevices: [USBDevice]
    /// The host's mediated devices that it gets, whoever made them.
    public var mediatedDevices: [MediatedDeviceID]
    /// Those of `hostDevices` that a placement gave.
    public var placedDevices: [PCIAddress]
    /// What its metadata names as its operating system (libosinfo).
    public var guestOS: GuestOS?
    /// Hyper-V's reference clock and synthetic timers.
    public var hyperVTimers: Bool
    /// What it asks of its host; set when virtfleet made the domain and may place it.
    public var demand: VMDemand?
    /// What becomes of it when its host sleeps or shuts down.
    public var power: HostPowerPolicy
    /// What it gets of its host.
    public var placement: VMPlacement

    /// Why the guest's memory cannot be kept: what belongs to it is in a device of the host. Nil when it can.
    public var memoryObstacle: String?

    /// The disc by which the guest learns who it is, where it has one.
    public var seedDisc: String? {
        disks.first { $0.target == DomainSpecification.Disc.target && $0.device == "cdrom" }?.file
    }

    /// The profile starts it with its host.
    public var startsWithHost: Bool { profile?["autostart"] == .bool(true) }

    public var isRestless: Bool { guestOS == .windows && !hyperVTimers }

    /// - Throws: `invalidDefinition` for what is not well-formed, too large or without a name, a UUID, memory and vCPUs.
    public init(xml: String) throws(HypervisorError) {
        self = try XMLTree.read(xml, as: "domain definition") { root throws(HypervisorError) in
            try DomainDefinition(root)
        }
    }

    private init(_ root: XMLElement) throws(HypervisorError) {
        guard root.name == "domain", let name = root.first("name")?.text,
            let id = root.first("uuid").flatMap({ VMID($0.text) }),
            let memory = root.first("memory").flatMap({ Self.bytes($0.text, $0) }),
            let vcpus = root.first("vcpu").flatMap({ Int($0.text) })
        else {
            throw HypervisorError(
                .invalidDefinition, operation: "read", object: "domain definition",
                message: "expected <domain> with <name>, <uuid>, <memory> and <vcpu>")
        }
        self.name = name
        self.id = id
        memoryBytes = memory
        self.vcpus = vcpus
        let devices = root.first("devices")
        disks =
            devices?.children("disk").map { disk in
                Disk(
                    target: disk.first("target")?.attribute("dev") ?? "", device: disk.attribute("device") ?? "disk",
                    file: disk.first("source")?.attribute("file"), bus: disk.first("target")?.attribute("bus"),
                    format: disk.first("driver")?.attribute("type") ?? "raw",
                    isReadOnly: disk.first("readonly") != nil,
                    blockDevice: disk.attribute("type") == "block" ? disk.first("source")?.attribute("dev") : nil,
                    isLeftOut: disk.attribute("snapshot") == "no", hostStorage: Self.hostStorage(of: disk))
            } ?? []
        accelerator =
            switch root.attribute("type") {
            case "kvm": .kvm
            case "qemu": .tcg
            default: nil
            }
        loaderPath = root.first("os", "loader")?.text
        isSecure = root.first("os", "loader")?.attribute("secure") == "yes"
        let overridden = root.children("override").filter { $0.namespace == DomainSpecification.qemuNamespace }
        overridesDiscardGranularity = overridden.flatMap { $0.children("device") }.contains { device in
            device.first("frontend")?.children("property").contains { $0.attribute("name") == "discard_granularity" }
                == true
        }
        consoleLogPath = devices?.first("serial", "source")?.attribute("path")
        let nvram = root.first("os", "nvram")
        nvramPath = nvram?.text
        nvramTemplatePath = nvram?.attribute("template")
        hasEmulatedTPM =
            devices?.children("tpm").contains { $0.first("backend")?.attribute("type") == "emulator" } == true
        macs =
            devices?.children("interface").compactMap {
                $0.first("mac")?.attribute("address").flatMap(MACAddress.init)
            } ?? []
        genID = root.first("genid").flatMap { UUID(uuidString: $0.text) }
        let channel = devices?.children("channel").compactMap { $0.first("target") }.first {
            $0.attribute("name") == "org.qemu.guest_agent.0"
        }
        guestAgent = channel.map { $0.attribute("state") == "connected" }
        origin = root.first("metadata").flatMap(DomainMetadata.read)
        guestOS = root.first("metadata").flatMap(DomainMetadata.guestOS)
        profile = root.first("metadata").flatMap(DomainMetadata.profile)
        override = root.first("metadata").flatMap(DomainMetadata.override)
        power = root.first("metadata").map(DomainMetadata.power) ?? HostPowerPolicy()
        let hostDevices = devices.map(Self.hostDevices) ?? []
        self.hostDevices = hostDevices.map(\.address)
        usbDevices = devices?.children("hostdev").compactMap(USBDevice.init) ?? []
        let shares = devices?.children("hostdev").filter { $0.attribute("type") == "mdev" } ?? []
        mediatedDevices = shares.compactMap(\.mediatedDevice)
        placedDevices = devices?.children.filter(\.isPlaced).compactMap(Self.hostDevice) ?? []
        let placement = VMPlacement(
            root, vcpus: vcpus, memoryBytes: memory, devices: hostDevices,
            mediatedDevices: shares.compactMap(\.placedShare))
        self.placement = placement
        demand = root.first("metadata").flatMap(DomainMetadata.demand).map {
            VMDemand(
                id: id, name: name, vcpus: vcpus, topology: $0.topology, memory: $0.memory, pinning: $0.pinning,
                weight: $0.weight,
                ioThreads: placement.processors.ioThreads.count, devices: $0.devices, graphics: $0.graphics)
        }
        memoryObstacle = devices.flatMap(Self.memoryObstacle)
        let clock = root.first("clock")?.children("timer").first { $0.attribute("name") == "hypervclock" }
        hyperVTimers =
            clock?.attribute("present") == "yes"
            && root.first("features", "hyperv")?.first("stimer")?.attribute("state") == "on"
    }

    /// What QEMU does not migrate.
    private static func memoryObstacle(_ devices: XMLElement) -> String? {
        let functions = hostDevices(devices).map(\.address)
        if !functions.isEmpty {
            return "it has devices of the host (\(functions.map(\.description).joined(separator: ", ")))"
        }
        if devices.children("hostdev").contains(where: { $0.attribute("type") != "usb" }) {
            return "it has a device of the host"
        }
        let models = devices.children("video").compactMap { $0.first("model", "acceleration") }
        if models.contains(where: { $0.attribute("accel3d") == "yes" }) { return "it draws by the host's GPU (VirGL)" }
        if devices.children("filesystem").contains(where: { $0.first("driver")?.attribute("type") == "virtiofs" }) {
            return "it shares a directory with the host (virtiofs)"
        }
        return nil
    }

    private static func hostStorage(of disk: XMLElement) -> String? {
        guard let source = disk.first("source") else { return nil }
        func attributes(_ names: String...) -> String {
            names.compactMap(source.attribute).joined(separator: "/")
        }
        return switch disk.attribute("type") {
        case "block": "block device \(attributes("dev"))"
        case "nvme": "NVMe disk \(hostDevice(disk)?.description ?? "")"
        case "volume": "volume \(attributes("pool", "volume"))"
        case "network": "network disk \(attributes("protocol", "name"))"
        case "file", nil: nil
        case let type?: "\(type) disk \(attributes("dir", "path"))"
        }
    }

    private static func hostDevices(_ devices: XMLElement) -> [VMPlacement.Device] {
        let sources =
            devices.children("hostdev").filter { $0.attribute("type") == "pci" }
            + devices.children("interface").filter { $0.attribute("type") == "hostdev" }
            + devices.children("disk").filter { $0.attribute("type") == "nvme" }
        return sources.compactMap { element in
            hostDevice(element).map { VMPlacement.Device(address: $0, mac: element.macAddress) }
        }
    }

    /// Of a PCI function that a device element takes from the host, its address there.
    static func hostDevice(_ element: XMLElement) -> PCIAddress? {
        guard let address = element.first("source", "address") else { return nil }
        let parts = ["domain", "bus", "slot", "function"].map { name in
            address.attribute(name).flatMap { UInt32($0.hasPrefix("0x") ? $0.dropFirst(2) : $0[...], radix: 16) }
        }
        guard case let (domain?, bus?, slot?, function?) = (parts[0] ?? 0, parts[1], parts[2], parts[3]) else {
            return nil
        }
        func digits(_ number: UInt32, _ count: Int) -> String {
            let text = String(number, radix: 16)
            return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
        }
        return PCIAddress("\(digits(domain, 4)):\(digits(bus, 2)):\(digits(slot, 2)).\(digits(function, 1))")
    }

    /// A size with the units that libvirt writes; KiB when its element says none.
    static func bytes(_ text: String?, _ element: XMLElement) -> UInt64? {
        let units: [String: UInt64] = [
            "b": 1, "bytes": 1, "KiB": 1 << 10, "M": 1 << 20, "MiB": 1 << 20, "G": 1 << 30, "GiB": 1 << 30,
        ]
        guard let number = text.flatMap({ UInt64($0) }), let unit = units[element.attribute("unit") ?? "KiB"] else {
            return nil
        }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: unit)
        return overflow ? nil : bytes
    }
}

/// What virtfleet wants to know of a storage pool's XML.
struct StoragePoolDefinition {
    let path: String?

    init(xml: String) throws(HypervisorError) {
        path = try XMLTree.read(xml, as: "storage pool definition") { root throws(HypervisorError) in
            root.first("target", "path")?.text
        }
    }
}

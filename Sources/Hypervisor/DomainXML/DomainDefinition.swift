import FleetModel

/// What virtfleet wants to know of a domain's XML, live or persistent.
public struct DomainDefinition: Equatable, Sendable {
    public struct Disk: Equatable, Sendable {
        /// The name that libvirt's statistics and events use: `sda`.
        public var target: String
        /// `disk`, `cdrom`, `floppy`, `lun`
        public var device: String
        /// The file; absent for an empty drive, a block device, a volume or a network disk.
        public var file: String?

        public init(target: String, device: String, file: String?) {
            self.target = target
            self.device = device
            self.file = file
        }
    }

    public var name: String
    public var id: VMID
    public var disks: [Disk]
    public var nvramPath: String?
    public var macs: [MACAddress]
    /// Whether the guest agent is connected; nil when the domain has no channel for one.
    public var guestAgent: Bool?
    /// Set when virtfleet made the domain.
    public var origin: VMDocument.Origin?

    /// - Throws: `invalidDefinition` for what is not well-formed, too large or without a name and UUID.
    public init(xml: String) throws(HypervisorError) {
        self = try XMLTree.read(xml, as: "domain definition") { root throws(HypervisorError) in
            try DomainDefinition(root)
        }
    }

    private init(_ root: XMLElement) throws(HypervisorError) {
        guard root.name == "domain", let name = root.first("name")?.text,
            let id = root.first("uuid").flatMap({ VMID($0.text) })
        else {
            throw HypervisorError(
                .invalidDefinition, operation: "read", object: "domain definition",
                message: "expected <domain> with a <name> and a <uuid>")
        }
        self.name = name
        self.id = id
        let devices = root.first("devices")
        disks =
            devices?.children("disk").map { disk in
                Disk(
                    target: disk.first("target")?.attribute("dev") ?? "", device: disk.attribute("device") ?? "disk",
                    file: disk.first("source")?.attribute("file"))
            } ?? []
        nvramPath = root.first("os", "nvram")?.text
        macs =
            devices?.children("interface").compactMap {
                $0.first("mac")?.attribute("address").flatMap(MACAddress.init)
            } ?? []
        let channel = devices?.children("channel").compactMap { $0.first("target") }.first {
            $0.attribute("name") == "org.qemu.guest_agent.0"
        }
        guestAgent = channel.map { $0.attribute("state") == "connected" }
        origin = root.first("metadata").flatMap(DomainMetadata.read)
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

import FleetModel
import FoundationEssentials

/// What becomes of a definition that was made on another host, or for another VM. What it says of the host that it comes from
/// goes: the program that runs it, threads, huge pages, NUMA nodes and devices, which a start gives it anew.
public struct DomainRelocation: Equatable, Sendable {
    public var name: String
    public var id: VMID
    public var genID: UUID
    /// The job that the VM's identity is made of.
    public var job: JobID
    /// New addresses, by the old ones.
    public var macs: [MACAddress: MACAddress]
    public var firmware: DomainSpecification.Firmware
    /// Of its disks, by target; all are qcow2.
    public var files: [String: String]
    /// Of its seed disc, if it has one.
    public var seedPath: String
    /// Where the console is kept, if it is.
    public var consoleLogPath: String

    public init(
        name: String, id: VMID, genID: UUID, job: JobID, macs: [MACAddress: MACAddress],
        firmware: DomainSpecification.Firmware, files: [String: String], seedPath: String,
        consoleLogPath: String
    ) {
        self.name = name
        self.id = id
        self.genID = genID
        self.job = job
        self.macs = macs
        self.firmware = firmware
        self.files = files
        self.seedPath = seedPath
        self.consoleLogPath = consoleLogPath
    }

    /// - Throws: `invalidDefinition` for XML that cannot be read, and for a disk that is not in it.
    public func applied(to xml: String) throws(HypervisorError) -> String {
        let edit = DomainEdit(name: name, genID: genID, files: files)
        return try XMLTree.rewrite(edit.applied(to: xml), as: "domain definition") { root throws(HypervisorError) in
            root.first("uuid")?.setText(id.description)
            for entry in root.first("sysinfo", "system")?.children("entry") ?? []
            where ["serial", "uuid"].contains(entry.attribute("name")) {
                entry.setText(id.description)
            }
            root.first("metadata").map { DomainMetadata.setIdentity(job, macs, in: $0) }
            root.first("os", "loader")?.setText(firmware.loaderPath)
            root.first("os", "nvram")?.setText(firmware.nvramPath)
            root.first("os", "nvram")?.setAttribute("template", firmware.nvramTemplatePath)
            root.first("numatune")?.remove()
            root.first("memoryBacking", "hugepages")?.remove()
            for name in ["vcpupin", "emulatorpin", "iothreadpin"] {
                for pin in root.first("cputune")?.children(name) ?? [] { pin.remove() }
            }
            let devices = root.first("devices")
            devices?.first("emulator")?.remove()
            for name in ["hostdev", "interface"] {
                for device in devices?.children(name) ?? [] where device.isPlaced { device.remove() }
            }
            for card in devices?.children("interface") ?? [] {
                guard let mac = card.macAddress.flatMap({ macs[$0] }) else { continue }
                card.first("mac")?.setAttribute("address", mac.description)
            }
            let drive = devices?.children("disk").first {
                $0.first("target")?.attribute("dev") == DomainSpecification.Disc.target
                    && $0.attribute("device") == "cdrom"
            }
            drive?.first("source")?.setAttribute("file", seedPath)
            if let log = devices?.first("serial", "source"), log.attribute("path") != nil {
                log.setAttribute("path", consoleLogPath)
            }
            // libvirt makes it of the serial port.
            devices?.first("console")?.remove()
        }
    }
}

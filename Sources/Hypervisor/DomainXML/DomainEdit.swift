import FleetModel
import FoundationEssentials

/// A change to a domain's definition that leaves everything else in it as it is, whoever wrote it.
public struct DomainEdit: Equatable, Sendable {
    public var name: String?
    public var genID: UUID?
    /// What the VM is built from, from now on.
    public var template: Digest?
    /// What is set over the profile, `.some(nil)` for nothing.
    public var override: ProfileOverride??
    /// The qcow2 files that the disks shall be in, by target. What libvirt wrote of the layers below goes: it finds them
    /// by itself, and a definition that names them anew would have a chain refer to itself.
    public var files: [String: String]

    public init(
        name: String? = nil, genID: UUID? = nil, template: Digest? = nil, override: ProfileOverride?? = nil,
        files: [String: String] = [:]
    ) {
        self.name = name
        self.genID = genID
        self.template = template
        self.override = override
        self.files = files
    }

    /// - Throws: `invalidDefinition` for XML that cannot be read, and for a disk that is not in it.
    public func applied(to xml: String) throws(HypervisorError) -> String {
        try XMLTree.rewrite(xml, as: "domain definition") { root throws(HypervisorError) in
            if let name { root.first("name")?.setText(name) }
            if let genID { root.first("genid")?.setText(genID.uuidString.lowercased()) }
            if let template { root.first("metadata").map { DomainMetadata.setTemplate(template, in: $0) } }
            if let override { root.first("metadata").map { DomainMetadata.setOverride(override, in: $0) } }
            let disks = root.first("devices")?.children("disk") ?? []
            for (target, file) in files {
                guard let disk = disks.first(where: { $0.first("target")?.attribute("dev") == target }),
                    let source = disk.first("source"), let driver = disk.first("driver")
                else {
                    throw HypervisorError(
                        .invalidDefinition, operation: "edit", object: root.first("name")?.text ?? "",
                        message: "it has no disk \(target) in a file")
                }
                source.setAttribute("file", file)
                driver.setAttribute("type", "qcow2")
                for name in ["backingStore", "mirror"] { disk.first(name)?.remove() }
            }
        }
    }
}

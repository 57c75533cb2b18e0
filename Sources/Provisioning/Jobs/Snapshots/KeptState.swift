import FleetModel
import FleetRuntime
import FoundationEssentials
import Hypervisor

/// A directory with what a VM was beside its disks' layers at one moment: for a snapshot, or set aside by a revert until
/// it has succeeded. With a manifest it is a snapshot.
struct KeptState: Codable, Equatable, Sendable {
    let path: String
    var manifest: String { path + "/manifest.json" }
    /// The persistent definition.
    var definition: String { path + "/definition.xml" }
    /// What the guest knew of it, from the moment it was asked until the manifest says so.
    var consistency: String { path + "/consistency" }
    var variables: String { path + "/variables.fd" }
    var tpm: String { path + "/tpm" }
    /// The guest's memory, in libvirt's own format; whatever the guest kept secret is in it.
    var memory: String { path + "/memory" }

    var ownFiles: [String] {
        [manifest, definition, consistency, variables].flatMap { [$0, $0 + ".part"] } + [tpm, memory]
    }

    /// swtpm's lock belongs to the process that runs.
    private static let notState: Set<String> = [".lock"]

    /// Copies what the VM has now.
    func save(_ firmware: FirmwareState) throws(FileError) {
        if let file = firmware.variables, DurableFile.exists(file) { try DurableFile.copyTree(file, to: variables) }
        if let directory = firmware.tpm, DurableFile.exists(directory) {
            try DurableFile.copyTree(directory, to: tpm, except: Self.notState)
        }
    }

    /// Makes the VM's what was saved; what it did not have then is removed. What has not changed takes no room.
    func restore(_ firmware: FirmwareState) throws(FileError) {
        for (kept, path) in pairs(firmware)
        where try !DurableFile.areEqualTrees(kept, path, except: Self.notState) {
            let part = path + ".part"
            try DurableFile.removeTree(part)
            if DurableFile.exists(kept) { try DurableFile.copyTree(kept, to: part) }
            try DurableFile.removeTree(path)
            if DurableFile.exists(part) { try DurableFile.rename(part, to: path) }
        }
    }

    /// Whether the VM has what was saved, and nothing else.
    func isEqual(to firmware: FirmwareState) throws(FileError) -> Bool {
        for (kept, path) in pairs(firmware)
        where try !DurableFile.areEqualTrees(kept, path, except: Self.notState) {
            return false
        }
        return true
    }

    private func pairs(_ firmware: FirmwareState) -> [(kept: String, path: String)] {
        [(variables, firmware.variables), (tpm, firmware.tpm)].compactMap { kept, path in path.map { (kept, $0) } }
    }
}

/// Where a VM has what its firmware and its TPM remember; nil for what it does not have.
struct FirmwareState: Codable, Equatable, Sendable {
    var variables: String?
    var tpm: String?

    init(_ definition: DomainDefinition, on hypervisor: any Hypervisor) {
        variables = definition.nvramPath
        tpm = definition.hasEmulatedTPM ? hypervisor.tpmStateDirectory(of: definition.id) : nil
    }
}

import CLibvirt
import FleetModel
import FleetRuntime
import Glibc

/// The layers of a running domain's disks, and what else is kept of a domain.
extension LibvirtConnection {
    func overlayDisks(_ id: VMID, _ overlays: [String: String], memory: String?) throws(HypervisorError) {
        try withDomain(id, "put overlays on the disks of") { domain throws(HypervisorError) in
            let disks = try DomainDefinition(xml: xml(of: domain, flags: 0)).disks
            var flags =
                VIR_DOMAIN_SNAPSHOT_CREATE_ATOMIC.rawValue | VIR_DOMAIN_SNAPSHOT_CREATE_NO_METADATA.rawValue
            if memory == nil { flags |= VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY.rawValue }
            guard let snapshot = virDomainSnapshotCreateXML(domain, Self.xml(overlays, memory, of: disks), flags) else {
                throw .lastLibvirtError("put overlays on the disks of", libvirtName(of: domain))
            }
            virDomainSnapshotFree(snapshot)
        }
    }

    /// Disks that are not named would get overlays of libvirt's choice.
    private static func xml(
        _ overlays: [String: String], _ memory: String?, of disks: [DomainDefinition.Disk]
    ) -> String {
        var writer = XMLWriter()
        writer.element("domainsnapshot") { writer in
            if let memory { writer.element("memory", ["snapshot": "external", "file": memory]) }
            writer.element("disks") { writer in
                for disk in disks {
                    guard let file = overlays[disk.target] else {
                        writer.element("disk", ["name": disk.target, "snapshot": "no"])
                        continue
                    }
                    writer.element("disk", ["name": disk.target, "snapshot": "external", "type": "file"]) { writer in
                        writer.element("driver", ["type": "qcow2"])
                        writer.element("source", ["file": file])
                    }
                }
            }
        }
        return writer.text
    }

    func restore(_ id: VMID, from memory: String, _ edit: DomainEdit) throws(HypervisorError) {
        let handle = try handle()
        let flags = VIR_DOMAIN_SAVE_IMAGE_XML_SECURE.rawValue
        guard let text = virDomainSaveImageGetXMLDesc(handle.pointer, memory, flags) else {
            throw .lastLibvirtError("read the memory of", "\(id) in \(memory)")
        }
        let xml = try edit.applied(to: libvirtText(text))
        guard virDomainRestoreFlags(handle.pointer, memory, xml, VIR_DOMAIN_SAVE_RUNNING.rawValue) == 0 else {
            throw .lastLibvirtError("restore the memory of", "\(id) from \(memory)")
        }
    }

    func isBusy(_ id: VMID) throws(HypervisorError) -> Bool {
        try withDomain(id, "look at the job of") { domain throws(HypervisorError) in
            var information = virDomainJobInfo()
            guard virDomainGetJobInfo(domain, &information) == 0 else {
                let error = HypervisorError.lastLibvirtError("look at the job of", libvirtName(of: domain))
                // It lets nobody look in some moments of a job, and has none of a domain that is off.
                if error.code == .timeout { return true }
                if error.code == .invalidState { return false }
                throw error
            }
            // One whose memory is written counts as completed, and libvirt still has the disks to see to.
            return UInt32(bitPattern: information.type) != VIR_DOMAIN_JOB_NONE.rawValue
        }
    }

    func resizeDisk(_ id: VMID, _ target: String, to bytes: UInt64) throws(HypervisorError) {
        try act(on: id, "resize disk \(target) of") {
            virDomainBlockResize($0, target, bytes, VIR_DOMAIN_BLOCK_RESIZE_BYTES.rawValue)
        }
    }

    func startCommit(_ id: VMID, disk: String, of layer: String, into base: String) throws(HypervisorError) {
        try withDomain(id, "commit a layer of") { domain throws(HypervisorError) in
            let definition = try DomainDefinition(xml: xml(of: domain, flags: 0))
            let isInUse = definition.disks.contains { $0.target == disk && $0.file == layer }
            let flags = isInUse ? VIR_DOMAIN_BLOCK_COMMIT_ACTIVE.rawValue : 0
            guard virDomainBlockCommit(domain, disk, base, layer, 0, flags) == 0 else {
                throw .lastLibvirtError("commit \(layer) of", libvirtName(of: domain))
            }
        }
    }

    func blockJob(_ id: VMID, disk: String) throws(HypervisorError) -> BlockJob? {
        try withDomain(id, "look at the block jobs of") { domain throws(HypervisorError) in
            var information = virDomainBlockJobInfo()
            switch virDomainGetBlockJobInfo(domain, disk, &information, 0) {
            case 0: return nil
            case 1:
                let (current, end) = (information.cur, information.end)
                // QEMU has moved all of it before libvirt hears that the job can be ended.
                let isReady = end > 0 && current == end ? try isMirrorReady(domain, disk) : false
                return BlockJob(current: current, end: end, isReady: isReady)
            default: throw .lastLibvirtError("look at the block jobs of", libvirtName(of: domain))
            }
        }
    }

    private func isMirrorReady(_ domain: OpaquePointer, _ disk: String) throws(HypervisorError) -> Bool {
        try XMLTree.read(xml(of: domain, flags: 0), as: "domain definition") { root in
            root.first("devices")?.children("disk").first { $0.first("target")?.attribute("dev") == disk }?
                .first("mirror")?.attribute("ready") == "yes"
        }
    }

    func pivot(_ id: VMID, disk: String) throws(HypervisorError) {
        try act(on: id, "pivot disk \(disk) of") {
            virDomainBlockJobAbort($0, disk, VIR_DOMAIN_BLOCK_JOB_ABORT_PIVOT.rawValue)
        }
    }

    func abortBlockJob(_ id: VMID, disk: String) throws(HypervisorError) {
        guard try blockJob(id, disk: disk) != nil else { return }
        try act(on: id, "abort the job on disk \(disk) of") { virDomainBlockJobAbort($0, disk, 0) }
    }

    func startCopy(_ id: VMID, disk: String, to file: String) throws(HypervisorError) {
        var destination = XMLWriter()
        destination.element("disk", ["type": "file"]) { writer in
            writer.element("driver", ["name": "qemu", "type": "qcow2"])
            writer.element("source", ["file": file])
        }
        // A domain that is defined is copied from only by a job that need not outlive the domain's life.
        let flags = VIR_DOMAIN_BLOCK_COPY_TRANSIENT_JOB.rawValue
        try act(on: id, "copy disk \(disk) of") { virDomainBlockCopy($0, disk, destination.text, nil, 0, flags) }
    }

    func hasManagedSave(_ id: VMID) throws(HypervisorError) -> Bool {
        try withDomain(id, "look for the saved memory of") { domain throws(HypervisorError) in
            let answer = virDomainHasManagedSaveImage(domain, 0)
            guard answer >= 0 else {
                throw .lastLibvirtError("look for the saved memory of", libvirtName(of: domain))
            }
            return answer == 1
        }
    }

    func removeManagedSave(_ id: VMID) throws(HypervisorError) {
        guard try hasManagedSave(id) else { return }
        try act(on: id, "remove the saved memory of") { virDomainManagedSaveRemove($0, 0) }
    }

    func foreignSnapshots(_ id: VMID) throws(HypervisorError) -> [String] {
        try withDomain(id, "list the snapshots of") { domain throws(HypervisorError) in
            var list: UnsafeMutablePointer<OpaquePointer?>?
            let count = virDomainListAllSnapshots(domain, &list, 0)
            guard count >= 0, let list else {
                throw .lastLibvirtError("list the snapshots of", libvirtName(of: domain))
            }
            defer { free(list) }
            return (0..<Int(count)).compactMap { index in
                guard let snapshot = list[index] else { return nil }
                defer { virDomainSnapshotFree(snapshot) }
                return virDomainSnapshotGetName(snapshot).map { String(cString: $0) }
            }.sorted()
        }
    }

    func freeze(_ id: VMID, within limit: Duration) throws(HypervisorError) -> Int {
        try withGuest(id, limit) { domain throws(HypervisorError) in
            let count = virDomainFSFreeze(domain, nil, 0, 0)
            guard count >= 0 else { throw .lastLibvirtError("freeze", libvirtName(of: domain)) }
            return Int(count)
        }
    }

    func thaw(_ id: VMID, within limit: Duration) throws(HypervisorError) {
        try withGuest(id, limit) { domain throws(HypervisorError) in
            guard virDomainFSThaw(domain, nil, 0, 0) >= 0 else {
                throw .lastLibvirtError("thaw", libvirtName(of: domain))
            }
        }
    }
}

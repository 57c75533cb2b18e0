import CLibvirt
import FleetModel
import Glibc

extension LibvirtConnection {
    func plug(_ id: VMID, _ device: USBDeviceID) throws(HypervisorError) {
        let xml = device.xml()
        try act(on: id, "attach USB device \(device) to") {
            virDomainAttachDeviceFlags($0, xml, VIR_DOMAIN_AFFECT_LIVE.rawValue)
        }
    }

    func unplug(_ id: VMID, _ device: USBDeviceID) throws(HypervisorError) {
        let xml = device.xml()
        try act(on: id, "detach USB device \(device) from") {
            virDomainDetachDeviceFlags($0, xml, VIR_DOMAIN_AFFECT_LIVE.rawValue)
        }
    }

    func domains() throws(HypervisorError) -> [Domain] {
        let handle = try handle()
        var list: UnsafeMutablePointer<OpaquePointer?>?
        let count = virConnectListAllDomains(handle.pointer, &list, 0)
        guard count >= 0, let list else { throw .lastLibvirtError("list the domains of", uri) }
        defer {
            for index in 0..<Int(count) { virDomainFree(list[index]) }
            free(list)
        }
        var domains: [Domain] = []
        for index in 0..<Int(count) {
            guard let domain = list[index] else { continue }
            do throws(HypervisorError) {
                domains.append(try describe(domain))
            } catch  where error.code == .noSuchDomain {
                // Gone since it was listed.
            }
        }
        return domains
    }

    func domain(_ id: VMID) throws(HypervisorError) -> Domain {
        try withDomain(id, "look up") { domain throws(HypervisorError) in try describe(domain) }
    }

    func definition(of id: VMID) throws(HypervisorError) -> String {
        try withDomain(id, "read the definition of") { domain throws(HypervisorError) in try definition(of: domain) }
    }

    private func definition(of domain: OpaquePointer) throws(HypervisorError) -> String {
        try xml(of: domain, flags: VIR_DOMAIN_XML_INACTIVE.rawValue | VIR_DOMAIN_XML_SECURE.rawValue)
    }

    func liveDefinition(of id: VMID) throws(HypervisorError) -> String {
        try withDomain(id, "read the definition of") { domain throws(HypervisorError) in try xml(of: domain, flags: 0) }
    }

    /// libvirt leaves out without a word what it does not know, unless it reads its schema, which takes longer than all else. So it
    /// reads that for a new domain only when the domain has not become what is wanted.
    func define(_ xml: String) throws(HypervisorError) -> Domain {
        let handle = try handle()
        let wanted = try DomainDefinition(xml: xml)
        let known = virDomainLookupByUUIDString(handle.pointer, wanted.id.description)
        defer { if let known { virDomainFree(known) } }
        let validated = VIR_DOMAIN_DEFINE_VALIDATE.rawValue
        let domain = try define(xml, wanted, flags: known == nil ? 0 : validated, handle)
        defer { virDomainFree(domain) }
        if known == nil, try !SettingDifference.between(wanted: xml, found: definition(of: domain)).isEmpty {
            do throws(HypervisorError) {
                virDomainFree(try define(xml, wanted, flags: validated, handle))
            } catch {
                virDomainUndefineFlags(domain, VIR_DOMAIN_UNDEFINE_KEEP_NVRAM.rawValue)
                throw error
            }
        }
        return try describe(domain)
    }

    private func define(
        _ xml: String, _ wanted: DomainDefinition, flags: UInt32, _ handle: LibvirtHandle
    ) throws(HypervisorError) -> OpaquePointer {
        if let domain = virDomainDefineXMLFlags(handle.pointer, xml, flags) { return domain }
        var error = HypervisorError.lastLibvirtError("define", wanted.name)
        if isTaken(wanted.name, byOtherThan: wanted.id, handle) { error.code = .alreadyExists }
        throw error
    }

    /// libvirt has no code for a name that another domain has.
    private func isTaken(_ name: String, byOtherThan id: VMID, _ handle: LibvirtHandle) -> Bool {
        guard let other = virDomainLookupByName(handle.pointer, name) else { return false }
        defer { virDomainFree(other) }
        return libvirtID(of: other) != id
    }

    func rename(_ id: VMID, _ name: String) throws(HypervisorError) {
        let handle = try handle()
        do throws(HypervisorError) {
            try act(on: id, "rename") { virDomainRename($0, name, 0) }
        } catch {
            var error = error
            if isTaken(name, byOtherThan: id, handle) { error.code = .alreadyExists }
            throw error
        }
    }

    func setAutostart(_ id: VMID, _ on: Bool) throws(HypervisorError) {
        try act(on: id, "set the autostart of") { virDomainSetAutostart($0, on ? 1 : 0) }
    }

    func start(_ id: VMID) throws(HypervisorError) {
        try act(on: id, "start") { virDomainCreate($0) }
    }

    func shutdown(_ id: VMID) throws(HypervisorError) {
        let operation = "shut down"
        try withDomain(id, operation) { domain throws(HypervisorError) in
            func state() -> virDomainState? {
                var state: Int32 = 0
                guard virDomainGetState(domain, &state, nil, 0) == 0 else { return nil }
                return virDomainState(UInt32(bitPattern: state))
            }
            let before = state()
            guard virDomainShutdown(domain) != 0 else { return }
            let error = HypervisorError.lastLibvirtError(operation, libvirtName(of: domain))
            // A guest agent that goes down with its guest leaves libvirt without its answer. libvirt then tries ACPI, and
            // refuses because the guest is off, or its QEMU about to end: which is what was asked.
            let after = state()
            guard before == VIR_DOMAIN_RUNNING, after == VIR_DOMAIN_SHUTDOWN || after == VIR_DOMAIN_SHUTOFF else {
                throw error
            }
        }
    }

    func destroy(_ id: VMID) throws(HypervisorError) {
        try act(on: id, "power off") { virDomainDestroy($0) }
    }

    func reboot(_ id: VMID) throws(HypervisorError) {
        try act(on: id, "reboot") { virDomainReboot($0, 0) }
    }

    func reset(_ id: VMID) throws(HypervisorError) {
        try act(on: id, "reset") { virDomainReset($0, 0) }
    }

    func suspend(_ id: VMID) throws(HypervisorError) {
        try act(on: id, "suspend") { virDomainSuspend($0) }
    }

    func save(_ id: VMID) throws(HypervisorError) {
        try act(on: id, "save") { virDomainManagedSave($0, 0) }
    }

    func resume(_ id: VMID) throws(HypervisorError) {
        try act(on: id, "resume") { domain in
            var state: Int32 = 0
            let sleeps =
                virDomainGetState(domain, &state, nil, 0) == 0 && state == Int32(VIR_DOMAIN_PMSUSPENDED.rawValue)
            return sleeps ? virDomainPMWakeup(domain, 0) : virDomainResume(domain)
        }
    }

    func undefine(_ id: VMID) throws(HypervisorError) {
        // TPM state goes along unless one asks to keep it.
        let flags =
            VIR_DOMAIN_UNDEFINE_NVRAM.rawValue | VIR_DOMAIN_UNDEFINE_MANAGED_SAVE.rawValue
            | VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA.rawValue | VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA.rawValue
        try act(on: id, "undefine") { virDomainUndefineFlags($0, flags) }
    }

    private func describe(_ domain: OpaquePointer) throws(HypervisorError) -> Domain {
        let name = libvirtName(of: domain)
        var information = virDomainInfo()
        var autostart: Int32 = 0
        guard let id = libvirtID(of: domain), virDomainGetInfo(domain, &information) == 0 else {
            throw .lastLibvirtError("look up", name)
        }
        // A transient domain has no autostart to ask for: it stays 0.
        virDomainGetAutostart(domain, &autostart)
        // A definition that cannot be read hides what is in it, never the domain.
        let definition = try? DomainDefinition(xml: xml(of: domain, flags: 0))
        return Domain(
            id: id, name: name, state: LibvirtWords.state.word(Int32(information.state)) ?? .noState,
            memoryBytes: UInt64(information.maxMem) * 1024, vcpus: Int(information.nrVirtCpu),
            persistent: virDomainIsPersistent(domain) == 1, autostart: autostart == 1,
            guestAgent: definition?.guestAgent, origin: definition?.origin, hostDevices: definition?.hostDevices ?? [],
            mediatedDevices: definition?.mediatedDevices ?? [],
            demand: definition?.demand, power: definition?.power ?? HostPowerPolicy(),
            placement: definition?.placement, isRestless: definition?.isRestless ?? false,
            genID: definition?.genID, macAddresses: definition?.macs,
            startsWithHost: definition?.startsWithHost ?? false)
    }

    func xml(of domain: OpaquePointer, flags: UInt32) throws(HypervisorError) -> String {
        guard let text = virDomainGetXMLDesc(domain, flags) else {
            throw .lastLibvirtError("read the definition of", libvirtName(of: domain))
        }
        return libvirtText(text)
    }
}

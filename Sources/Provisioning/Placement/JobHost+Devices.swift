import FleetModel
import FleetRuntime
import Hypervisor
import Placement

/// Devices of VMs that are off. Bus numbers move while a machine is off, and with them the addresses in definitions: what was a
/// VM's network card may be the host's disk after the next boot.
extension JobHost {
    /// Gives each of virtfleet's VMs that is off the addresses that its devices have now, and takes away what it cannot have, so
    /// that no tool starts it on what is somebody else's.
    /// - Parameter busy: VMs that jobs work on; these are left alone.
    /// - Returns: whether no VM was left out.
    func renewDevices(except busy: Set<VMID>) async throws -> Bool {
        try await placing.pass {
            // What an agent made that died before the start.
            try await giveBackMediatedDevices()
            let stale = try await hypervisor.domains().filter { $0.isOurs && !$0.state.isActive && $0.holdsDevices }
            for domain in stale where !busy.contains(domain.id) { try await renewDevices(of: domain) }
            return stale.allSatisfy { !busy.contains($0.id) }
        }
    }

    private func renewDevices(of domain: Domain) async throws {
        guard let demand = domain.ownDemand else { return }
        let before = try await hypervisor.definition(of: domain.id)
        let placed = try DomainDefinition(xml: before).placedDevices
        let devices = try await devices(for: demand, having: placed)
        guard let devices, devices.flatMap(\.functions).sorted() != placed.sorted() else { return }
        _ = try await hypervisor.define(try devices.applied(to: before))
    }

    /// - Returns: nil where it may keep what it has; else what is left beside the VMs that run, or what it could have without
    ///   them, or nothing. Of a machine that cannot be seen nothing can be given away.
    private func devices(for demand: VMDemand, having placed: [PCIAddress]) async throws -> [VMPlacement.Device]? {
        let others = try await hypervisor.domains().filter { $0.id != demand.id }
        guard let machine = await facilities.inventory(HostPlan.assignments(others)) else { return [] }
        if demand.isMet(by: placed, of: machine.pci) { return nil }
        for alone in [false, true] {
            let plan = try await HostPlan.make(on: self, adding: demand, alone: alone)
            if let placement = plan?.vm(demand.id)?.placement { return placement.devices }
        }
        return []
    }

    /// Starts the VMs that start with their host and have devices of it, once after each boot: libvirt would take the addresses
    /// of their last start.
    /// - Parameter busy: VMs that jobs work on, which know better.
    /// - Returns: why some could not start, by name.
    func startWithHost(except busy: Set<VMID>) async throws -> [String: any Error] {
        let own = try await hypervisor.domains().filter(\.isStartedByAgent)
        // Libvirt has started, or tried to start, those that it still starts by itself.
        let former = Set(own.filter(\.autostart).map(\.id))
        for vm in own where former.contains(vm.id) { try await hypervisor.setAutostart(vm.id, false) }
        guard try await onFiles({ try BootMark(facilities: facilities).set() }) else { return [:] }
        var failures: [String: any Error] = [:]
        for vm in own where !vm.state.isActive && !former.contains(vm.id) && !busy.contains(vm.id) {
            do { try await start(vm.id) } catch { failures[vm.name] = error }
        }
        return failures
    }
}

extension Domain {
    fileprivate var holdsDevices: Bool { !hostDevices.isEmpty || ownDemand?.asksForDevices == true }
}

/// A file in /run, which is as new after a boot as the machine is.
private struct BootMark {
    let facilities: HostFacilities

    /// - Returns: whether it was not there: for the first time since the boot. It is there before anything is done about that.
    func set() throws -> Bool {
        let directory = facilities.root + "/run/virtfleet-agent"
        let path = directory + "/started-with-host"
        guard !DurableFile.exists(path) else { return false }
        try DurableFile.makeDirectory(directory, mode: 0o755)
        try DurableFile.replace(path, with: [], mode: 0o600)
        return true
    }
}

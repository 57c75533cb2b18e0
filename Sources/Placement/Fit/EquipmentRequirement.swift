import FleetModel

/// One thing that a VM may need of its host's equipment. In the order of the effort that mending takes: a package, a
/// command, a restart.
public enum EquipmentRequirement: CaseIterable, Sendable {
    case qemu, libvirt, tpm, virtiofsd, xorriso, firmware, network, bridge, interface, vlan, kvm

    public enum Finding: Equatable, Sendable {
        case missing(PlacementObstacle)
        /// It may be there, and only cannot be seen.
        case unseen(reason: String)
    }

    /// - Returns: nil when it is there, or not asked for.
    public func finding(for needs: ProfileNeeds, on host: HostEquipment) -> Finding? {
        switch self {
        case .qemu: Self.program(.qemu, "QEMU", "QEMU is not installed.", EquipmentFix.qemu, host)
        case .libvirt: Self.program(.libvirt, "libvirt", "libvirt is not installed.", EquipmentFix.libvirt, host)
        case .tpm:
            needs.tpm
                ? Self.program(.swtpm, "swtpm", "It has a TPM, and swtpm is not installed.", EquipmentFix.tpm, host)
                : nil
        case .virtiofsd:
            needs.shares
                ? Self.program(
                    .virtiofsd, "virtiofsd", "It shares a directory with its host, and virtiofsd is not installed.",
                    EquipmentFix.virtiofsd, host)
                : nil
        case .xorriso:
            needs.seed
                ? Self.program(
                    .xorriso, "xorriso", "It has a seed disc, and xorriso, which makes them, is not installed.",
                    EquipmentFix.xorriso, host)
                : nil
        case .firmware: Self.firmware(needs, host)
        case .network: Self.network(needs, host)
        case .bridge: Self.bridge(needs, host)
        case .interface: Self.interface(needs, host)
        case .vlan: Self.vlan(needs, host)
        case .kvm: Self.kvm(host.cpu)
        }
    }

    private static func program(
        _ program: HostEquipment.Program, _ name: String, _ reason: String, _ fix: String, _ host: HostEquipment
    ) -> Finding? {
        if host.programs.contains(program) { return nil }
        let isLookedFor = host.showsPrograms && (host.showsHelpers || ![.virtiofsd, .xorriso].contains(program))
        return isLookedFor
            ? .missing(PlacementObstacle(reason: reason, fix: fix))
            : .unseen(reason: "Whether \(name) is installed cannot be seen.")
    }

    private static func firmware(_ needs: ProfileNeeds, _ host: HostEquipment) -> Finding? {
        let isThere = host.firmware.contains { needs.secureBoot ? $0.enforcesSecureBoot : $0.isUsable }
        if needs.ownFirmware || isThere { return nil }
        guard host.showsPrograms else {
            return .unseen(reason: "Whether there is UEFI firmware for it cannot be seen.")
        }
        let kind = needs.secureBoot ? "with Secure Boot and Microsoft's keys" : "for VMs"
        return .missing(
            PlacementObstacle(reason: "There is no UEFI firmware \(kind).", fix: EquipmentFix.firmware))
    }

    private static func bridge(_ needs: ProfileNeeds, _ host: HostEquipment) -> Finding? {
        guard let name = needs.bridges.first(where: { host.interfaces[$0] != .bridge }) else { return nil }
        guard !host.interfaces.isEmpty else {
            return .unseen(reason: "Whether there is a bridge \(name) cannot be seen.")
        }
        let seen = host.interfaces[name] == nil ? "which this machine does not have" : "which here is no bridge"
        return .missing(
            PlacementObstacle(
                reason: "A network card of it hangs on bridge \(name), \(seen).", fix: EquipmentFix.bridge(name)))
    }

    private static func interface(_ needs: ProfileNeeds, _ host: HostEquipment) -> Finding? {
        guard let name = needs.interfaces.first(where: { [nil, .wireless].contains(host.interfaces[$0]) }) else {
            return nil
        }
        guard !host.interfaces.isEmpty else {
            return .unseen(reason: "Whether there is a network interface \(name) cannot be seen.")
        }
        let seen = host.interfaces[name] == nil ? "which this machine does not have" : "which is wireless"
        return .missing(
            PlacementObstacle(
                reason: "A network card of it is a macvtap on \(name), \(seen).", fix: EquipmentFix.interface(name)))
    }

    private static func network(_ needs: ProfileNeeds, _ host: HostEquipment) -> Finding? {
        guard let first = needs.networks.first else { return nil }
        guard let active = host.networks else {
            return .unseen(reason: "Whether libvirt's network \(first) is active cannot be seen.")
        }
        guard let name = needs.networks.first(where: { !active.contains($0) }) else { return nil }
        let others = active.isEmpty ? "none is" : "active: \(active.sorted().joined(separator: ", "))"
        return .missing(
            PlacementObstacle(
                reason: "A network card of it is on libvirt's network \(name), which is not active here (\(others)).",
                fix: EquipmentFix.network(name)))
    }

    /// Where libvirt is not there at all, that is what to tell.
    private static func vlan(_ needs: ProfileNeeds, _ host: HostEquipment) -> Finding? {
        guard let vlan = needs.vlans.first, host.programs.contains(.libvirt) else { return nil }
        guard let version = host.libvirtVersion else {
            return .unseen(reason: "Whether libvirt is new enough for VLANs on bridges (11.0) cannot be seen.")
        }
        guard !LibvirtFeature.bridgeVLAN.isIn(version) else { return nil }
        return .missing(
            PlacementObstacle(
                reason:
                    "A network card of it is in VLAN \(vlan.id) of bridge \(vlan.bridge), which libvirt \(version) cannot do "
                    + "(11.0 can).", fix: EquipmentFix.vlan(vlan)))
    }

    private static func kvm(_ cpu: CPUDocument) -> Finding? {
        switch cpu.kvm {
        case .works: nil
        case nil: .unseen(reason: "Whether /dev/kvm works cannot be seen.")
        case .missing, .denied, .broken:
            .missing(
                PlacementObstacle(
                    reason: "Without a working /dev/kvm it would be emulated.", fix: EquipmentFix.kvm(cpu)))
        }
    }
}

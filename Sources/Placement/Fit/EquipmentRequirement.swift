import FleetModel

/// One thing that a VM may need of its host's equipment. In the order of the effort that mending takes: a package, a
/// command, a restart.
public enum EquipmentRequirement: CaseIterable, Sendable {
    case qemu, libvirt, tpm, firmware, bridge, interface, kvm

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
        case .firmware: Self.firmware(needs, host)
        case .bridge: Self.bridge(needs, host)
        case .interface: Self.interface(needs, host)
        case .kvm: Self.kvm(host.cpu)
        }
    }

    private static func program(
        _ program: HostEquipment.Program, _ name: String, _ reason: String, _ fix: String, _ host: HostEquipment
    ) -> Finding? {
        if host.programs.contains(program) { return nil }
        return host.showsPrograms
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

import FleetModel

/// The PCI functions that the host cannot live without, and what for.
struct HostUseInspector: Sendable {
    func inspect(_ subject: InspectionSubject) -> [PCIAddress: [HostUse]] { [:] }
}

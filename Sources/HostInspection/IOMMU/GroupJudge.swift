import FleetModel

/// What a group is worth: whether VFIO accepts it now, and why it holds more than it need.
struct GroupJudge: Sendable {
    private let devices: [PCIAddress: PCIDevice]
    /// Before Linux 5.19 VFIO minded no driver on what has a bridge's header.
    private let exemptsBridges: Bool

    init(devices: [PCIDevice], kernel: KernelRelease?) {
        self.devices = Dictionary(devices.map { ($0.address, $0) }) { first, _ in first }
        exemptsBridges = kernel.map { $0 < KernelRelease(5, 19) } ?? false
    }

    func judge(_ group: GroupReader.Group) -> IOMMUDocument.Group {
        let blockers = group.devices.filter(isBlocker)
        return IOMMUDocument.Group(
            id: group.id, devices: group.devices, type: group.type, viable: blockers.isEmpty, blockers: blockers,
            dirty: dirt(group))
    }

    /// A driver of the host that does its own DMA.
    private func isBlocker(_ address: PCIAddress) -> Bool {
        guard let device = devices[address], let driver = device.driver else { return false }
        if driver == "pcieport" || driver == "pci-stub" || driver.isVFIO { return false }
        return !(exemptsBridges && device.deviceClass?.isPCIBridge == true)
    }

    private func dirt(_ group: GroupReader.Group) -> IOMMUDocument.Dirt? {
        let ends = group.devices.filter { devices[$0]?.deviceClass?.isPCIBridge != true }
        guard Set(ends.map(\.slot)).count > 1 else { return nil }
        let members = Set(group.devices)
        let ports = ends.map(ports(above:))
        if let port = ports.firstResult({ $0.first { !isolates($0) } }) { return leaking(port) }
        if let port = ports.firstResult({ $0.first { $0.acs == nil && members.contains($0.address) } }) {
            return IOMMUDocument.Dirt(
                port: port.address,
                reason: "The port \(port.address) is in the group with what is below it, so it, or one above it, does "
                    + "not isolate; root can see which.", fixes: Self.fixes)
        }
        return IOMMUDocument.Dirt(
            port: nil, reason: "The chipset does not isolate these functions from each other.",
            fixes: Self.fixes)
    }

    /// From the nearest to the root.
    private func ports(above address: PCIAddress) -> [PCIDevice] {
        var ports: [PCIDevice] = []
        var next = devices[address]?.parent
        var visited: Set<PCIAddress> = [address]
        while let address = next, let port = devices[address], visited.insert(address).inserted {
            ports.append(port)
            next = port.parent
        }
        return ports
    }

    /// What is not known is taken to isolate; nothing is behind the upstream port of a switch but its own ports.
    private func isolates(_ port: PCIDevice) -> Bool {
        switch port.portKind {
        case .toConventional, .fromConventional: false
        case .upstream: true
        case .root, .downstream, nil: port.acs?.isolates ?? true
        }
    }

    private func leaking(_ port: PCIDevice) -> IOMMUDocument.Dirt {
        if port.portKind == .toConventional || port.portKind == .fromConventional {
            return IOMMUDocument.Dirt(
                port: port.address,
                reason: "Behind the bridge \(port.address) is conventional PCI, where all devices use the bridge's "
                    + "identity; the IOMMU cannot tell them apart.",
                fixes: ["Move the card to a PCI Express slot.", Self.together])
        }
        return IOMMUDocument.Dirt(
            port: port.address,
            reason: port.acs?.capable == true
                ? "The port \(port.address) can keep devices apart (ACS), but that is not switched on."
                : "The port \(port.address) cannot keep devices apart: it has no Access Control Services (ACS).",
            fixes: Self.fixes)
    }

    private static let together = "Pass all devices of the group to the same VM."
    private static let fixes = [
        "Move the card to another slot, best one that is wired to the processor.",
        "Enable \"ACS\" (and \"AER\", which some boards need for it) in the firmware setup.",
        "Try a newer kernel: it may know that this chipset isolates.",
        together,
        "Only as a last resort a kernel with pcie_acs_override: it separates the groups on paper, and a VM can then reach "
            + "the memory of the devices it was separated from.",
    ]
}

extension String {
    /// vfio-pci, and the drivers that know more of one device: mlx5_vfio_pci, nvgrace_gpu_vfio_pci, ...
    var isVFIO: Bool { split { $0 == "-" || $0 == "_" }.contains("vfio") }
}

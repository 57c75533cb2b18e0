import FleetModel

/// The PCI functions that the host cannot live without, and what for.
struct HostUseInspector: Sendable {
    func inspect(
        _ subject: InspectionSubject, devices: [PCIDevice], foundations: Foundations, network: NetworkDocument,
        limitations: inout [Inspection.Limitation]
    ) -> [PCIAddress: [HostUse]] {
        let root = subject.root
        if !devices.isEmpty { limitations += Self.unseen(root, foundations, network) }
        let uses =
            StorageUses(foundations: foundations).uses(subject) + NetworkUses(network: network).uses(root)
            + KeyboardUses().uses(root) + ManagementControllerUses().uses(devices)
            + subject.assignments.map { address, vm in
                (address, HostUse(purpose: .vm, detail: "it is assigned to the VM \(vm)"))
            }
        var table: [PCIAddress: [HostUse]] = [:]
        for (address, use) in uses {
            // A virtual function goes when the physical one does.
            let physical = root.linkName("/sys/bus/pci/devices/\(address)/physfn").flatMap { PCIAddress($0) }
            for function in Set([address, physical ?? address]) where table[function]?.contains(use) != true {
                table[function, default: []].append(use)
            }
        }
        return table.mapValues { $0.sorted { ($0.purpose.rank, $0.detail) < ($1.purpose.rank, $1.detail) } }
    }

    /// In a tree without these the verdicts hold only as far as the host does not need the devices itself.
    private static func unseen(
        _ root: HostRoot, _ foundations: Foundations, _ network: NetworkDocument
    ) -> [Inspection.Limitation] {
        var unseen: [Inspection.Limitation] = []
        if foundations.mounts.mounts.isEmpty {
            unseen.append(
                .init(fact: "the disks that the host lives on", needs: "/proc/self/mountinfo and /sys/class/block"))
        }
        if network.interfaces.isEmpty {
            unseen.append(.init(fact: "the network cards that the host needs", needs: "/sys/class/net and /proc/net"))
        }
        if !root.exists("/proc/bus/input/devices") {
            unseen.append(.init(fact: "the keyboards' controllers", needs: "/proc/bus/input/devices"))
        }
        return unseen
    }
}

extension HostUse.Purpose {
    /// The gravest first.
    fileprivate var rank: Int { Self.allCases.firstIndex(of: self) ?? Self.allCases.count }
}

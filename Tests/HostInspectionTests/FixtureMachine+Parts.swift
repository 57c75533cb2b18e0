import FleetModel

@testable import HostInspection

extension FixtureMachine {
    private var foundations: Foundations {
        Foundations(root: root, devices: BlockDevices(root), mounts: MountTable(root))
    }

    var cpu: CPUDocument { CPUInspector(processor: FirstProcessor(root)).inspect(subject) }

    func storage(momentary: Bool = false) -> StorageDocument {
        var limitations: [Inspection.Limitation] = []
        return StorageInspector(foundations: foundations).inspect(subject(momentary), limitations: &limitations)
    }

    func network(momentary: Bool = false) -> NetworkDocument { NetworkInspector().inspect(subject(momentary)) }

    func memory(momentary: Bool = false) -> MemoryDocument { MemoryInspector().inspect(subject(momentary)) }

    func laptop(momentary: Bool = false) -> LaptopDocument { LaptopInspector().inspect(subject(momentary)) }

    /// What the host uses devices for: `0000:01:00.0 boot: /boot is on /dev/nvme0n1p2`.
    func hostUses(
        images: String = "/var/lib/virtfleet-agent/images", pools: [StorageDocument.Pool] = [],
        assignments: [PCIAddress: String] = [:]
    ) -> [String] {
        let subject = InspectionSubject(
            root: root, agentVersion: "1.2.3", pools: pools, imagesDirectory: images, assignments: assignments)
        var limitations: [Inspection.Limitation] = []
        let groups = GroupReader(root: root).groups()
        let devices = PCIInspector().inspect(
            subject, groups: groups, limitations: &limitations)
        return HostUseInspector().inspect(
            subject, devices: devices, foundations: foundations, network: network(), limitations: &limitations
        )
        .sorted { $0.key < $1.key }
        .flatMap { address, uses in uses.map { "\(address) \($0.purpose.rawValue): \($0.detail)" } }
    }

    private func subject(_ momentary: Bool) -> InspectionSubject {
        var subject = self.subject
        subject.includesMomentary = momentary
        return subject
    }
}

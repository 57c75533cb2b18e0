import FleetModel
import Hypervisor
import Placement

extension JobHost {
    /// The VM's host devices that have disks of their own, which neither a snapshot nor an export holds.
    /// - Throws: `uncovered-disk` where the VM's profile does not say that they are left out.
    func leftOutDevices(of domain: Domain) async throws -> [VMSnapshot.LeftOutDisk] {
        guard let demand = domain.demand, !demand.devices.isEmpty else { return [] }
        let machine = await facilities.inventory([:])
        return try demand.devices.enumerated().compactMap { place, selector throws(JobProblem) in
            guard selector.hasDisks(among: machine?.pci ?? []) else { return nil }
            guard selector.snapshot == .no else {
                throw JobProblem(
                    "uncovered-disk",
                    "VM \(domain.name) has a device of its host with disks of its own (\(selector)), which no snapshot or export "
                        + "can hold; set 'snapshot: no' for it in the VM's profile and have 'virtfleet vm fix' write it, or "
                        + "detach it")
            }
            return VMSnapshot.LeftOutDisk(target: "hostdev\(place)", backing: "device \(selector)")
        }
    }
}

import FleetModel
import FleetRuntime
import FoundationEssentials
import Hypervisor

/// Everything that could keep a VM from being snapshotted, looked at before anything is touched.
struct SnapshotSurvey {
    struct Findings {
        let domain: Domain
        let directory: VMDirectory
        /// With the overlays that the job would put on them.
        let disks: [OverlaidDisk]
        /// What no snapshot of it holds.
        let leftOut: [VMSnapshot.LeftOutDisk]
        let firmware: FirmwareState
    }

    let job: JobID
    let vm: VMID
    let name: ResourceName
    let host: JobHost

    /// What overlays and state take before the guest writes anything.
    static let neededBytes: UInt64 = 64 << 20

    /// - Throws: `JobProblem` for the first obstacle, with its fix.
    func findings() async throws -> Findings {
        let (domain, directory) = try await host.requireOwn(vm, "take a snapshot of")
        guard [.running, .blocked, .paused, .shutoff, .crashed].contains(domain.state) else {
            throw JobProblem(
                "wrong-state", "VM \(domain.name) is \(domain.state.rawValue): wake it up, or shut it down, first")
        }
        try await host.requireNoSavedMemory(domain)
        let definition = try DomainDefinition(xml: await host.hypervisor.definition(of: vm))
        let firmware = FirmwareState(definition, on: host.hypervisor)
        try await host.onFiles { try checkFiles(domain, directory, firmware) }
        let live = try await host.writableDisks(of: vm)
        return Findings(
            domain: domain, directory: directory,
            disks: try await cover(live.filter { !$0.isLeftOut }, of: domain, in: directory),
            leftOut: live.filter(\.isLeftOut).map { VMSnapshot.LeftOutDisk(target: $0.target, backing: $0.backing) }
                + (try await host.leftOutDevices(of: domain)),
            firmware: firmware)
    }

    private func checkFiles(_ domain: Domain, _ directory: VMDirectory, _ firmware: FirmwareState) throws {
        if let other = try directory.manifests().first(where: { $0.name == name }), other.id != job {
            throw JobProblem(
                "name-exists",
                "VM \(domain.name) has a snapshot named \(name) already; choose another name or delete it")
        }
        try MachineState(domain: domain, directory: directory, firmware: firmware).require()
        let free = try DurableFile.freeBytes(at: directory.path)
        guard free >= Self.neededBytes else {
            throw JobProblem(
                "no-space",
                "a snapshot needs \(Self.neededBytes >> 20) MiB in \(directory.path), and \(free >> 20) MiB are free; free "
                    + "some, or delete older snapshots")
        }
    }

    private func cover(
        _ found: [DomainDefinition.Disk], of domain: Domain, in directory: VMDirectory
    ) async throws -> [OverlaidDisk] {
        var disks: [OverlaidDisk] = []
        for disk in found {
            guard let file = disk.file else {
                throw JobProblem(
                    "uncovered-disk",
                    "disk \(disk.target) of VM \(domain.name) is the \(disk.backing), which no snapshot can hold; set "
                        + "'snapshot: no' for it in the VM's profile and have 'virtfleet vm fix' write it, or detach the disk"
                )
            }
            try await host.requireNoBlockJob(domain, disk: disk.target)
            let length = try await DiskLayer.chain(of: file).count
            guard length <= DiskLayer.longestChain else {
                throw JobProblem(
                    "chain-too-long",
                    "disk \(disk.target) of VM \(domain.name) lies in \(length) layers, and at most "
                        + "\(DiskLayer.longestChain) may be below a snapshot; delete some of its snapshots")
            }
            disks.append(
                OverlaidDisk(
                    target: disk.target, file: file, format: disk.format,
                    overlay: directory.layer(of: disk.target, madeBy: job)))
        }
        guard !disks.isEmpty else {
            throw JobProblem("no-disk", "VM \(domain.name) has no disk that a snapshot could hold")
        }
        return disks
    }
}

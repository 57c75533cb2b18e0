import FleetModel
import FoundationEssentials
import Hypervisor
import Placement
import ProfileFiles

extension DomainSpecification {
    /// What a profile makes of a VM.
    /// - Parameters:
    ///   - disks: the system's first: it is booted from.
    ///   - consoleLogPath: where the serial console is kept, if the profile wants that.
    init(
        _ profile: Profile, name: String, identity: CloneIdentity, genID: UUID, origin: VMDocument.Origin,
        accelerator: Accelerator, firmware: Firmware, disks: [Disk], consoleLogPath: String, placement: VMPlacement?
    ) {
        self.init(
            name: name, id: identity.vm, memoryBytes: UInt64(profile.memoryMiB) << 20, vcpus: profile.vcpus,
            genID: genID,
            accelerator: accelerator, guestOS: profile.guestOS, hidesHypervisor: profile.hidesHypervisor,
            firmware: firmware, tpm: profile.tpm, disks: disks,
            networks: profile.networks.enumerated().map { index, network in
                Network(mac: identity.mac(nic: index), kind: Network.Kind(network))
            },
            console: profile.console, ioThreads: profile.ioThreads,
            consoleLogPath: profile.consoleLog ? consoleLogPath : nil, origin: origin,
            demand: profile.demand(of: identity.vm, named: name),
            power: HostPowerPolicy(onSleep: profile.onHostSleep, onShutdown: profile.onHostShutdown),
            profile: try? profile.document(), placement: placement
        )
    }
}

extension DomainSpecification.Network.Kind {
    fileprivate init(_ network: Profile.Network) {
        switch network {
        case .user: self = .user
        case .bridge(let name, let vlan): self = .bridge(name, vlan: vlan)
        case .macvtap(let name): self = .macvtap(name)
        case .network(let name): self = .network(name)
        }
    }
}

extension Profile {
    /// The disks of a VM that is made by it.
    func disks(in directory: VMDirectory) -> [DomainSpecification.Disk] {
        ([directory.disk] + (dataDiskGiB == nil ? [] : [directory.data])).map {
            DomainSpecification.Disk(path: $0, format: .qcow2, bus: diskBus)
        }
    }
}

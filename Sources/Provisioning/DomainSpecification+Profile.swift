import FleetModel
import FoundationEssentials
import Hypervisor
import Placement
import FleetFiles

extension DomainSpecification {
    /// What a profile makes of a VM.
    /// - Parameters:
    ///   - disks: the system's first: it is booted from.
    ///   - granularityForm: how the host's libvirt is told of discard granularities.
    ///   - seedPath: where its seed disc is, if the profile wants one.
    ///   - consoleLogPath: where the serial console is kept, if the profile wants that.
    init(
        _ profile: Profile, name: String, identity: CloneIdentity, genID: UUID, origin: VMDocument.Origin,
        accelerator: Accelerator, firmware: Firmware, disks: [Disk], granularityForm: DiscardGranularity.Form,
        seedPath: String,
        consoleLogPath: String, placement: VMPlacement?
    ) {
        self.init(
            name: name, id: identity.vm, memoryBytes: UInt64(profile.memoryMiB) << 20, vcpus: profile.vcpus,
            genID: genID,
            accelerator: accelerator, guestOS: profile.guestOS, hidesHypervisor: profile.hidesHypervisor,
            firmware: firmware, tpm: profile.tpm, disks: disks, diskCache: profile.diskCache,
            discardGranularity: profile.discardGranularityBytes.map {
                DiscardGranularity(bytes: $0, form: granularityForm)
            },
            seed: profile.seed == .none
                ? nil : Disc(path: seedPath, bus: profile.guestOS == .windows ? .sata : .scsi),
            shares: profile.shares.map { Share(directory: $0.directory, tag: $0.tag) },
            networks: profile.networks.enumerated().compactMap { index, network in
                Network.Kind(network).map { Network(mac: identity.mac(nic: index), kind: $0) }
            },
            usbDevices: profile.usbDevices, console: profile.console, usbRedirections: profile.usbRedirections,
            webDAV: profile.webDAV,
            ioThreads: profile.ioThreads,
            consoleLogPath: profile.consoleLog ? consoleLogPath : nil, origin: origin,
            demand: profile.demand(of: identity.vm, named: name, mac: identity.mac),
            power: HostPowerPolicy(onSleep: profile.onHostSleep, onShutdown: profile.onHostShutdown),
            profile: try? profile.document(), placement: placement
        )
    }
}

extension DomainSpecification.Network.Kind {
    /// Nil for a card that is a device of the host, which it gets by its placement.
    fileprivate init?(_ network: Profile.Network) {
        switch network {
        case .user: self = .user
        case .bridge(let name, let vlan): self = .bridge(name, vlan: vlan)
        case .macvtap(let name): self = .macvtap(name)
        case .network(let name): self = .network(name)
        case .sriov: return nil
        }
    }
}

extension Profile {
    /// The disks of a VM that is made by it.
    func disks(in directory: VMDirectory) -> [DomainSpecification.Disk] {
        let own = [directory.disk] + (dataDiskGiB == nil ? [] : [directory.data])
        return own.map { DomainSpecification.Disk(path: $0, format: .qcow2, bus: diskBus) }
            + hostDisks.map { disk in
                DomainSpecification.Disk(
                    path: disk.path, format: disk.format, bus: diskBus, isBlockDevice: disk.device != nil,
                    isReadOnly: disk.readOnly, isInSnapshots: disk.snapshot == .yes)
            }
    }
}

extension JobHost {
    /// As the host's libvirt can, without marks on domains where that is possible.
    func granularityForm() async throws -> DomainSpecification.DiscardGranularity.Form {
        let version = try await hypervisor.information().libvirtVersion
        return LibvirtFeature.discardGranularity.isIn(version) ? .blockio : .override
    }
}

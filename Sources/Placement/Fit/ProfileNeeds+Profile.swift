import FleetModel

extension ProfileNeeds {
    public init(_ name: ResourceName, _ profile: Profile) {
        let bridges = profile.networks.compactMap { if case .bridge(let name, _) = $0 { name } else { nil } }
        let interfaces = profile.networks.compactMap { if case .macvtap(let name) = $0 { name } else { nil } }
        self.init(
            name: name, memoryBytes: UInt64(clamping: profile.memoryMiB) << 20, vcpus: profile.vcpus,
            secureBoot: profile.secureBoot, tpm: profile.tpm, ownFirmware: profile.firmware != nil, bridges: bridges,
            interfaces: interfaces,
            networks: profile.networks.compactMap { if case .network(let name) = $0 { name } else { nil } },
            vlans: profile.networks.compactMap { network in
                guard case .bridge(let name, let vlan?) = network else { return nil }
                return VLAN(bridge: name, id: vlan)
            }, shares: !profile.shares.isEmpty, seed: profile.seed != .none,
            freeDiskBytes: UInt64(clamping: profile.freeDiskMiB) << 20)
    }
}

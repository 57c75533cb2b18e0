import FleetModel
import FleetRuntime
import Hypervisor
import Placement

extension JobHost {
    /// - Throws: `JobProblem` for the first network of a profile that a VM could not be on.
    func requireNetworks(of profile: Profile, named name: ResourceName) async throws {
        for network in profile.networks {
            switch network {
            case .user, .sriov: break
            case .bridge(let bridge, let vlan):
                try requireBridge(bridge, name)
                if let vlan { try await requireVLANs(vlan, bridge, name) }
            case .macvtap(let interface): try requireInterface(interface, name)
            case .network(let network): try await requireNetwork(network, name)
            }
        }
    }

    private func requireBridge(_ bridge: String, _ profile: ResourceName) throws(JobProblem) {
        guard !facilities.isBridge(bridge) else { return }
        throw JobProblem(
            "no-bridge",
            "profile \(profile) connects to bridge \(bridge), which this host does not have; make it, or name another one "
                + "in the profile")
    }

    /// https://libvirt.org/formatdomain.html#setting-vlan-tag-on-supported-network-types-only
    private func requireVLANs(_ vlan: Int, _ bridge: String, _ profile: ResourceName) async throws {
        let version = try await hypervisor.information().libvirtVersion
        guard !LibvirtFeature.bridgeVLAN.isIn(version) else { return }
        throw JobProblem(
            "no-vlan",
            "profile \(profile) puts a network card into VLAN \(vlan) of bridge \(bridge), which libvirt \(version) cannot "
                + "(11.0 can); make a bridge on a VLAN device ('ip link add link INTERFACE name INTERFACE.\(vlan) type vlan id "
                + "\(vlan)') and name that, or that device's macvtap")
    }

    private func requireInterface(_ interface: String, _ profile: ResourceName) throws(JobProblem) {
        guard let reason = facilities.obstacleToMacvtap(on: interface) else { return }
        throw JobProblem(
            "no-interface",
            "profile \(profile) has a macvtap on \(interface), which \(reason); name a wired interface of this host in the "
                + "profile ('ip -brief link' lists them)")
    }

    private func requireNetwork(_ network: String, _ profile: ResourceName) async throws {
        let networks = try await hypervisor.networks()
        guard !networks.contains(network) else { return }
        let active = networks.isEmpty ? "none" : networks.joined(separator: ", ")
        throw JobProblem(
            "no-network",
            "profile \(profile) connects to libvirt's network \(network), which is not active here (active: \(active)); start "
                + "it with 'virsh net-start \(network)', or name another one in the profile")
    }
}

extension HostFacilities {
    private var interfaces: String { root + "/sys/class/net" }

    func isBridge(_ name: String) -> Bool { DurableFile.exists("\(interfaces)/\(name)/bridge") }

    /// Why there can be no macvtap on an interface; nil when there can.
    fileprivate func obstacleToMacvtap(on name: String) -> String? {
        if !DurableFile.exists("\(interfaces)/\(name)") { return "this host does not have" }
        let isWiFi = ["wireless", "phy80211"].contains { DurableFile.exists("\(interfaces)/\(name)/\($0)") }
        return isWiFi ? "is Wi-Fi, which carries only the host's own address" : nil
    }
}

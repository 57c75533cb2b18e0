/// What an interface is, by the marks that its driver leaves in /sys/class/net.
struct InterfaceKind: Sendable {
    let kind: NetworkDocument.Interface.Kind

    init(_ root: HostRoot, path: String, isPhysical: Bool, hasLower: Bool) {
        let events = (root.text(path + "/uevent") ?? "").split(separator: "\n")
        let declared = events.first { $0.hasPrefix("DEVTYPE=") }?.dropFirst("DEVTYPE=".count)
        let known: [Substring: NetworkDocument.Interface.Kind] = [
            "wlan": .wifi, "wwan": .wwan, "bridge": .bridge, "vlan": .vlan, "bond": .bond, "macvtap": .macvtap,
            "macvlan": .macvlan, "wireguard": .wireguard, "vxlan": .vxlan, "ipvlan": .ipvlan, "ipvtap": .ipvlan,
        ]
        if let kind = declared.flatMap({ known[$0] }) {
            self.kind = kind
        } else if let flags = root.text(path + "/tun_flags").flatMap({ Int($0.dropFirst(2), radix: 16) }) {
            // IFF_TUN and IFF_TAP (linux/if_tun.h).
            kind = flags & 2 != 0 ? .tap : .tun
        } else if root.exists(path + "/phy80211") || root.exists(path + "/wireless") {
            kind = .wifi
        } else if root.exists(path + "/bridge") {
            kind = .bridge
        } else if root.exists(path + "/bonding") {
            kind = .bond
        } else {
            kind = Self.byType(root, path: path, isPhysical: isPhysical, hasLower: hasLower)
        }
    }

    /// ARPHRD_* of linux/if_arp.h.
    private static func byType(
        _ root: HostRoot, path: String, isPhysical: Bool, hasLower: Bool
    ) -> NetworkDocument.Interface.Kind {
        let name = path.split(separator: "/").last ?? ""
        switch root.integer(path + "/type") {
        case 772: return .loopback
        case 32: return .infiniband
        case 1 where isPhysical: return .ethernet
        case 1 where root.exists("/proc/net/vlan/" + name): return .vlan
        case 1 where hasLower:
            return root.integer(path + "/ifindex") == root.integer(path + "/iflink") ? .team : .macvlan
        case 1:
            // Two ends of a pair name each other.
            let (own, other) = (root.integer(path + "/ifindex"), root.integer(path + "/iflink"))
            return own != nil && other != nil && own != other ? .veth : .other
        case nil: return name == "lo" ? .loopback : isPhysical ? .ethernet : .other
        default: return .other
        }
    }
}

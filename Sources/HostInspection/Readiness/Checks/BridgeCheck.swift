import Placement

extension Check {
    static let bridge = Check(
        "bridge", reason: "A VM on a bridge is a machine of its own in the network, such as the one with the PLCs."
    ) { facts in
        let wanted = Set(facts.profiles.flatMap(\.bridges)).sorted()
        let interfaces = facts.network.interfaces
        guard !interfaces.isEmpty else {
            return [
                .unknown(
                    "No network interfaces can be seen.",
                    shownBy: "It is told by /sys/class/net, which cannot be read here.")
            ]
        }
        let bridges = interfaces.filter { $0.kind == .bridge }.map(\.name)
        guard !wanted.isEmpty else {
            return [
                .ok(
                    bridges.isEmpty
                        ? "There is no bridge, and no profile asks for one."
                        : "Bridges: \(bridges.joined(separator: ", ")).")
            ]
        }
        return wanted.map { name in
            let users = facts.profiles.filter { $0.bridges.contains(name) }.names
            guard bridges.contains(name) else {
                return .failure(
                    "Bridge \(name) is missing; it is asked for by \(users).", fix: EquipmentFix.bridge(name))
            }
            // Those of VMs and containers come and go, and lead nowhere.
            let ports = interfaces.filter { $0.master == name && ![.tap, .macvtap, .veth].contains($0.kind) }
            guard !ports.isEmpty else {
                return .notice(
                    "Bridge \(name) has no network card on it: VMs of \(users) reach each other and the host only.",
                    fix:
                        "Put a cabled network card on it: 'ip link set dev CARD master \(name)' until the next restart."
                )
            }
            return .ok("Bridge \(name) is there, with \(ports.map(\.name).joined(separator: ", ")) on it.")
        }
    }
}

import FleetModel

/// /sys/class/net (Documentation/ABI/testing/sysfs-class-net) and the routes.
struct NetworkInspector: Sendable {
    func inspect(_ subject: InspectionSubject) -> NetworkDocument {
        let root = subject.root
        // The directory also holds a file of the bonding driver.
        let names = root.names(in: "/sys/class/net").filter { $0 != "bonding_masters" }
        var interfaces = names.map { interface($0, root, momentary: subject.includesMomentary) }
        if !subject.includesMomentary { interfaces.removeAll { [.tap, .macvtap, .veth].contains($0.kind) } }
        let ports = Dictionary(grouping: interfaces.filter { $0.master != nil }, by: \.master).mapValues {
            $0.map(\.name)
        }
        let known = Set(interfaces.map(\.name))
        for index in interfaces.indices {
            let lower = interfaces[index].lower + (ports[interfaces[index].name] ?? [])
            interfaces[index].lower = known.intersection(lower).sorted()
        }
        return NetworkDocument(interfaces: interfaces, defaultRoutes: DefaultRoutes(root).interfaces)
    }

    private func interface(_ name: String, _ root: HostRoot, momentary: Bool) -> NetworkDocument.Interface {
        let path = "/sys/class/net/" + name
        let functions = root.pciFunctions(above: path)
        let isPhysical = !functions.isEmpty || root.exists(path + "/device")
        let lower = lower(of: name, root)
        let kind = InterfaceKind(root, path: path, isPhysical: isPhysical, hasLower: !lower.isEmpty).kind
        var interface = NetworkDocument.Interface(
            name: name, kind: kind, macAddress: mac(path, root, kind: kind, momentary: momentary),
            device: functions.last, functions: functions, driver: root.linkName(path + "/device/driver"),
            isPhysical: isPhysical, master: root.linkName(path + "/master"), lower: lower,
            vlan: kind == .vlan ? vlan(name, root) : nil, mtu: root.integer(path + "/mtu"),
            virtualFunctions: root.names(in: path + "/device").filter { $0.hasPrefix("virtfn") }
                .compactMap { root.linkName("\(path)/device/\($0)").flatMap { PCIAddress($0) } }.sorted(),
            physicalFunction: root.linkName(path + "/device/physfn").flatMap { PCIAddress($0) })
        if momentary {
            // Reading them fails while the interface is down.
            interface.linkUp = root.integer(path + "/carrier").map { $0 == 1 } ?? (root.exists(path) ? false : nil)
            interface.speed = root.integer(path + "/speed").flatMap { $0 > 0 ? $0 : nil }
            interface.duplex = root.text(path + "/duplex").flatMap { ["full", "half"].contains($0) ? $0 : nil }
        }
        return interface
    }

    /// A changed address (of Wi-Fi, new with each network) is no fact about the machine.
    private func mac(
        _ path: String, _ root: HostRoot, kind: NetworkDocument.Interface.Kind, momentary: Bool
    ) -> MACAddress? {
        if let permanent = root.text(path + "/bonding_slave/perm_hwaddr").flatMap({ MACAddress($0) }) {
            return permanent
        }
        guard kind != .loopback, momentary || kind != .wifi || root.integer(path + "/addr_assign_type") == 0 else {
            return nil
        }
        return root.text(path + "/address").flatMap { MACAddress($0) }
    }

    private func lower(of name: String, _ root: HostRoot) -> [String] {
        let path = "/sys/class/net/" + name
        let links = root.names(in: path).filter { $0.hasPrefix("lower_") }.map { String($0.dropFirst("lower_".count)) }
        let slaves = (root.text(path + "/bonding/slaves") ?? "").split(separator: " ").map(String.init)
        var parent: String?
        for line in (root.text("/proc/net/vlan/" + name) ?? "").split(separator: "\n")
        where line.hasPrefix("Device: ") {
            parent = String(line.dropFirst("Device: ".count))
        }
        return Set(links + root.names(in: path + "/brif") + slaves + (parent.map { [$0] } ?? [])).sorted()
    }

    /// `eth0.10  VID: 10  REORDER_HDR: 1 ...` in /proc/net/vlan, or the usual name.
    private func vlan(_ name: String, _ root: HostRoot) -> Int? {
        let words = (root.text("/proc/net/vlan/" + name) ?? "").split { $0.isWhitespace }
        if let label = words.firstIndex(of: "VID:"), label + 1 < words.count { return Int(words[label + 1]) }
        return name.lastIndex(of: ".").flatMap { Int(name[name.index(after: $0)...]) }
    }
}

import FleetModel

extension HostRoot {
    /// A path without the symbolic links in it, as far as the tree holds them: what is missing is taken by its name,
    /// so that a link into a part of /sys that was not copied still tells where the device is. The kernel's links to
    /// /sys/devices lead there through directories alone.
    func realPath(_ path: String) -> String {
        var rest = path.split(separator: "/").reversed().map { (name: $0, isLinked: false) }
        var resolved: [Substring] = []
        var links = 0
        while let component = rest.popLast() {
            switch component.name {
            case ".": continue
            case "..": _ = resolved.popLast()
            default:
                resolved.append(component.name)
                if resolved.first == "sys",
                    component.isLinked ? resolved.dropFirst().first == "devices" : resolved.count < 3
                {
                    continue
                }
                // path_resolution(7) gives up after 40 links.
                guard links < 40, let target = link("/" + resolved.joined(separator: "/")) else { continue }
                links += 1
                if target.hasPrefix("/") { resolved = [] } else { resolved.removeLast() }
                rest += target.split(separator: "/").reversed().map { ($0, true) }
            }
        }
        return "/" + resolved.joined(separator: "/")
    }

    /// The PCI functions that a device of /sys hangs on, the nearest last; none when it is virtual or on another bus.
    /// There are two where a function is itself the host bridge of its devices (Intel VMD, domain 10000).
    func pciFunctions(above path: String) -> [PCIAddress] {
        let functions = Self.pciFunctions(in: realPath(path))
        if !functions.isEmpty { return functions }
        // A tree of plain directories: the device's own link or event file.
        let parent = Self.pciFunctions(in: realPath(path + "/device"))
        if !parent.isEmpty { return parent }
        return (text(path + "/device/uevent") ?? "").split(separator: "\n").compactMap { line in
            line.hasPrefix("PCI_SLOT_NAME=") ? PCIAddress(String(line.dropFirst("PCI_SLOT_NAME=".count))) : nil
        }
    }

    /// The same for the path that /proc/bus/input/devices and the like give.
    static func pciFunctions(in path: String) -> [PCIAddress] {
        var functions: [PCIAddress] = []
        var last: PCIAddress?
        for component in path.split(separator: "/") {
            if let address = PCIAddress(String(component)) {
                last = address
            } else if component.hasPrefix("pci"), component.contains(":"), let bridge = last {
                functions.append(bridge)
            }
        }
        return functions + (last.map { [$0] } ?? [])
    }
}

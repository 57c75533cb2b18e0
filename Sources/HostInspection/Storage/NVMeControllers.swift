import FleetModel

/// The controllers of NVMe namespaces whose own directory in /sys names none: one that can be reached over several
/// paths is a virtual device below its subsystem (nvme-core's multipath).
struct NVMeControllers: Sendable {
    private let root: HostRoot

    init(_ root: HostRoot) { self.root = root }

    /// - Parameter name: `nvme0n1`: of a namespace with several paths the number is the subsystem's.
    func functions(ofNamespace name: String, at path: String) -> [PCIAddress] {
        guard name.hasPrefix("nvme") else { return [] }
        let instance = "nvme" + name.dropFirst(4).prefix { $0.isNumber }
        let owner = root.linkName(path + "/device")
        let subsystem =
            root.realPath(path).split(separator: "/").first { $0.hasPrefix("nvme-subsys") && $0 != "nvme-subsystem" }
            .map(String.init) ?? owner.flatMap { $0.hasPrefix("nvme-subsys") ? $0 : nil } ?? "nvme-subsys"
            + instance.dropFirst(4)
        let members = root.names(in: "/sys/class/nvme-subsystem/" + subsystem).filter(Self.isController)
        let controllers = members.isEmpty ? [owner.flatMap { Self.isController($0) ? $0 : nil } ?? instance] : members
        return Set(controllers.flatMap { functions(ofController: $0, subsystem: subsystem) }).sorted()
    }

    private func functions(ofController name: String, subsystem: String) -> [PCIAddress] {
        for path in ["/sys/class/nvme/" + name, "/sys/class/nvme-subsystem/\(subsystem)/\(name)"] {
            let functions = root.pciFunctions(above: path)
            if !functions.isEmpty { return functions }
            // Where it is reached: for the PCI transport, the function.
            if let address = root.text(path + "/address").flatMap({ PCIAddress($0) }) { return [address] }
        }
        return []
    }

    private static func isController(_ name: String) -> Bool {
        name.hasPrefix("nvme") && name.utf8.count > 4 && name.dropFirst(4).allSatisfy { $0.isASCII && $0.isNumber }
    }
}

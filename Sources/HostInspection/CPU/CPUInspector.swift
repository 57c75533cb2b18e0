import FleetModel

/// `inventory/cpu`.
public struct CPUDocument: Codable, Equatable, Sendable {
    public var vendor: String?
    public var model: String?
    public var sockets: Int?
    /// Physical cores of all sockets.
    public var cores: Int?
    /// Hardware threads that are online.
    public var threads: Int?
    /// `vmx` or `svm`: what the processor says it can; whether KVM works is a readiness check.
    public var virtualisation: String?
    /// The machine is itself a guest.
    public var isGuest: Bool
}

struct CPUInspector: Sendable {
    private struct Core: Hashable {
        var package: Int
        var die: Int
        var core: Int
    }

    func inspect(_ subject: InspectionSubject) -> CPUDocument {
        let root = subject.root
        // The first processor speaks for all.
        let fields = Dictionary(root.fields("/proc/cpuinfo").map { ($0.key, $0.value) }) { first, _ in first }
        let flags = Set((fields["flags"] ?? "").split(separator: " "))
        let cores = onlineCores(root)
        return CPUDocument(
            vendor: fields["vendor_id"], model: fields["model name"],
            sockets: cores.isEmpty ? nil : Set(cores.map(\.package)).count,
            cores: cores.isEmpty ? nil : Set(cores).count, threads: cores.isEmpty ? nil : cores.count,
            virtualisation: ["vmx", "svm"].first { flags.contains($0[...]) }, isGuest: flags.contains("hypervisor"))
    }

    /// The core of each online thread (Documentation/ABI/stable/sysfs-devices-system-cpu).
    private func onlineCores(_ root: HostRoot) -> [Core] {
        let directory = "/sys/devices/system/cpu"
        return root.names(in: directory).compactMap { name in
            let topology = "\(directory)/\(name)/topology"
            // A processor that is offline has no topology.
            guard name.hasPrefix("cpu"), Int(name.dropFirst(3)) != nil,
                let core = root.integer(topology + "/core_id"),
                let package = root.integer(topology + "/physical_package_id")
            else { return nil }
            return Core(package: package, die: root.integer(topology + "/die_id") ?? 0, core: core)
        }
    }
}

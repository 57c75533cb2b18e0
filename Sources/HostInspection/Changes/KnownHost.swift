import FleetModel

/// What the agent remembers of its machine across restarts and reboots, to tell what became of it meanwhile. Every
/// member may be absent: what a look could not see stays as it was remembered.
public struct KnownHost: Codable, Equatable, Sendable {
    /// A PCI function, by what lasts when bus and group numbers move.
    struct Device: Codable, Equatable, Sendable {
        var address: PCIAddress
        /// Vendor, device and subsystem: `10de:1c82 1458:3733`.
        var ids: String
        var name: String
        /// Absent when none is bound.
        var driver: String?
        var group: Int?
        /// libvirt binds and unbinds it with its VM.
        var isAssigned: Bool
        var virtualFunctions: Int?
    }

    var kernel: String?
    var libvirt: String?
    var qemu: String?
    var processor: String?
    var virtualisation: String?
    var memoryBytes: UInt64?
    var secureBoot: Bool?
    var iommu: IOMMUDocument.Status?
    var interruptRemapping: Bool?
    /// By port path and IDs. Virtual functions are counted at their physical one.
    var devices: [String: Device]?
    /// The interface of the preferred default route.
    var defaultRoute: String?
    /// Of each readiness check the level.
    var readiness: [String: Finding.Level]?

    public init(_ inspection: Inspection) {
        kernel = inspection.software.kernel
        libvirt = inspection.software.hypervisor?.libvirtVersion
        qemu = inspection.software.hypervisor?.version
        processor = inspection.cpu.model
        // A model without the flag: the firmware has switched it off.
        virtualisation = inspection.cpu.model == nil ? nil : inspection.cpu.virtualisation ?? "none"
        memoryBytes = inspection.memory.totalBytes
        secureBoot = inspection.software.boot.secureBoot
        iommu = inspection.iommu.status == .unknown ? nil : inspection.iommu.status
        interruptRemapping = inspection.iommu.interruptRemapping
        devices = inspection.pci.isEmpty ? nil : Self.devices(inspection.pci)
        defaultRoute = inspection.network.defaultRoutes.first
        let levels = inspection.readiness.findings.filter { $0.level != .unknown }.map { ($0.check, $0.level) }
        readiness = levels.isEmpty ? nil : Dictionary(levels) { first, _ in first }
    }

    /// This look, and for what it could not see what was remembered before.
    func completed(by before: KnownHost) -> KnownHost {
        var known = self
        func keep<Value>(_ member: WritableKeyPath<KnownHost, Value?>) {
            known[keyPath: member] = self[keyPath: member] ?? before[keyPath: member]
        }
        keep(\.kernel)
        keep(\.libvirt)
        keep(\.qemu)
        keep(\.processor)
        keep(\.virtualisation)
        keep(\.memoryBytes)
        keep(\.secureBoot)
        keep(\.iommu)
        keep(\.interruptRemapping)
        keep(\.devices)
        keep(\.defaultRoute)
        known.readiness = (before.readiness ?? [:]).merging(readiness ?? [:]) { _, now in now }
        return known
    }

    private static func devices(_ functions: [PCIDevice]) -> [String: Device] {
        var devices: [String: Device] = [:]
        for function in functions where function.physicalFunction == nil {
            let ids = [
                (function.vendor, function.device), (function.subsystemVendor, function.subsystemDevice),
            ].map { "\($0.0 ?? "?"):\($0.1 ?? "?")" }.joined(separator: " ")
            devices["\(function.portPath ?? function.address.description) \(ids)"] = Device(
                address: function.address, ids: ids, name: name(function), driver: function.driver,
                group: function.iommuGroup, isAssigned: function.hostUses.contains { $0.purpose == .vm },
                virtualFunctions: function.sriov?.current)
        }
        return devices
    }

    private static func name(_ function: PCIDevice) -> String {
        if let vendor = function.vendorName, let device = function.deviceName { return "\(vendor) \(device)" }
        return "\(function.vendor ?? "?"):\(function.device ?? "?")"
    }
}

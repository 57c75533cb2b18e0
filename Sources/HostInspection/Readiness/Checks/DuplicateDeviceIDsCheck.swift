import FleetModel

extension Check {
    static let duplicateDeviceIDs = Check(
        "duplicate-device-ids",
        reason:
            "new_id and vfio-pci.ids= take every device with an ID, and so the host's own when it has one of the same."
    ) { facts in
        guard !facts.pci.isEmpty else { return [.unseenDevices] }
        // Virtual functions are made alike, and are bound one by one anyway.
        let candidates = facts.pci.filter { $0.physicalFunction == nil && $0.vendor != nil && $0.device != nil }
        let byID = Dictionary(grouping: candidates) { "\($0.vendor ?? ""):\($0.device ?? "")" }
        let shared = byID.filter { $1.count > 1 && $1.contains { $0.passthrough.verdict.canPass } }.sorted {
            $0.key < $1.key
        }
        guard !shared.isEmpty else {
            return [.ok("No device that a VM can have shares its ID with another.")]
        }
        let claimed = facts.idsForVFIO
        return shared.map { id, devices in
            let addresses = devices.map(\.address).sorted().map(\.description).joined(separator: " and ")
            guard !claimed.contains(id) else {
                return .warning(
                    "\(addresses) all have the ID \(id), and vfio-pci was told to take every one of them.",
                    fix:
                        "Remove \(id) from vfio-pci's ids= (kernel command line, /etc/modprobe.d), and bind the device you "
                        + "mean by its address, with driver_override.")
            }
            return .notice(
                "\(addresses) all have the ID \(id).",
                fix:
                    "Bind the one you mean by its address: write vfio-pci to its driver_override, unbind its driver, and "
                    + "write the address to /sys/bus/pci/drivers_probe.")
        }
    }
}

extension ReadinessFacts {
    /// Those given to vfio-pci as its option `ids`: `10de:1c82:ffffffff:...,144d:a804`.
    fileprivate var idsForVFIO: Set<String> {
        let booted = KernelCommandLine(software.commandLine ?? "").values(of: "vfio-pci.ids")
        let loaded = software.moduleParameters["vfio_pci.ids", default: ""].split(separator: ",")
        return Set((booted + loaded).map { String($0.prefix(9)).lowercased() })
    }
}

extension PCIDevice.Verdict {
    fileprivate var canPass: Bool { self == .pass || self == .passWithCompanions }
}

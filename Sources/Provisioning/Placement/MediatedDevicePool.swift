import FleetModel
import FleetRuntime
import FoundationEssentials

/// Makes mediated devices for VMs that start, and removes them when nobody uses them any more
/// (Documentation/driver-api/vfio-mediated-device.rst). Each is written down before it is made, in /run, which is as new after
/// a boot as they are; those that others have made are not there, and never removed.
struct MediatedDevicePool: Sendable {
    private struct Made: Codable {
        var id: MediatedDeviceID
        var parent: PCIAddress
        var type: MediatedTypeID
    }

    let facilities: HostFacilities

    private var record: String { facilities.root + "/run/virtfleet-agent/mediated-devices.json" }

    /// Who comes after a crash finds some of them made.
    /// - Throws: `JobProblem` where the driver makes none, or somebody else's has its name; `FileError`.
    func make(_ devices: [VMPlacement.MediatedDevice]) throws {
        for device in devices {
            guard let id = device.id else { continue }
            try make(Made(id: id, parent: device.parent, type: device.type))
        }
    }

    private func make(_ device: Made) throws {
        let known = made
        if isThere(device.id) {
            if DurableFile.exists("\(path(device))/devices/\(device.id)") { return }
            guard let former = known.first(where: { $0.id == device.id }) else {
                throw JobProblem(
                    "mediated-device-exists",
                    "somebody else has made mediated device \(device.id), and not as type \(device.type) of \(device.parent); "
                        + "remove it ('mdevctl stop -u \(device.id)'), and repeat the job")
            }
            try remove(former)
        }
        try write(known.filter { $0.id != device.id } + [device])
        do {
            try facilities.set(path(device) + "/create", device.id.description)
        } catch {
            throw JobProblem(
                "no-mediated-device",
                "the driver of \(device.parent) makes no mediated device of type \(device.type) (\(error)); look at what the "
                    + "kernel's log says about \(device.parent)")
        }
    }

    /// Whether `giveBack` could have anything to do.
    var isEmpty: Bool { made.isEmpty }

    /// Removes what was made here.
    /// - Parameter used: what VMs that run have. The kernel would take it from them.
    func giveBack(except used: Set<MediatedDeviceID>) throws {
        let known = made
        guard !known.isEmpty else { return }
        var left: [Made] = []
        for device in known {
            if used.contains(device.id) { left.append(device) } else if isThere(device.id) { try remove(device) }
        }
        try write(left)
    }

    private func remove(_ device: Made) throws {
        try facilities.set("\(parent(device))/\(device.id)/remove", "1")
    }

    private func isThere(_ id: MediatedDeviceID) -> Bool {
        DurableFile.exists("\(facilities.root)/sys/bus/mdev/devices/\(id)")
    }

    private func parent(_ device: Made) -> String { "\(facilities.root)/sys/bus/pci/devices/\(device.parent)" }

    private func path(_ device: Made) -> String { "\(parent(device))/mdev_supported_types/\(device.type)" }

    private var made: [Made] {
        FileManager.default.contents(atPath: record).flatMap { try? FleetJSON.decode([Made].self, from: $0) } ?? []
    }

    private func write(_ made: [Made]) throws {
        try DurableFile.makeDirectory(facilities.root + "/run/virtfleet-agent", mode: 0o755)
        try DurableFile.replace(record, with: FleetJSON.encode(made), mode: 0o600)
    }
}

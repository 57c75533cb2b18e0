import FleetModel
import FleetRuntime

/// A mediated device in domain XML. Libvirt's element names it alone, so what it is a share of stands in the alias:
/// `ua-virtfleet-mdev-0-0000-00-02-0-i915-GVTg_V5_4`, with its number before that.
extension VMPlacement.MediatedDevice {
    private static let alias = HostFunction.alias + "mdev-"

    /// Without a picture of its own (`display`): QEMU starts no VM with one that its driver cannot show.
    func write(number: Int, to writer: inout XMLWriter) {
        guard let id else { return }
        writer.element("hostdev", ["mode": "subsystem", "type": "mdev", "model": "vfio-pci"]) { writer in
            writer.element("source") { $0.element("address", ["uuid": id.description]) }
            writer.element("alias", ["name": alias(number: number)])
        }
    }

    fileprivate func alias(number: Int) -> String {
        let parts = parent.description.split { $0 == ":" || $0 == "." }
        return Self.alias + "\(number)-" + parts.joined(separator: "-") + "-\(type)"
    }

    fileprivate init?(alias: String, id: MediatedDeviceID) {
        guard alias.hasPrefix(Self.alias) else { return nil }
        // Number, domain, bus, slot, function, and a type that has hyphens of its own.
        let parts = alias.dropFirst(Self.alias.count).split(
            separator: "-", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, let parent = PCIAddress("\(parts[1]):\(parts[2]):\(parts[3]).\(parts[4])"),
            let type = MediatedTypeID(String(parts[5]))
        else { return nil }
        self.init(parent: parent, type: type, id: id)
    }
}

extension XMLElement {
    /// Of a `<hostdev>` of type mdev.
    var mediatedDevice: MediatedDeviceID? {
        first("source", "address")?.attribute("uuid").flatMap(MediatedDeviceID.init)
    }

    /// The same, if a placement gave it.
    var placedShare: VMPlacement.MediatedDevice? {
        guard let id = mediatedDevice, let alias = first("alias")?.attribute("name") else { return nil }
        return VMPlacement.MediatedDevice(alias: alias, id: id)
    }
}

extension [VMPlacement.MediatedDevice] {
    func write(to writer: inout XMLWriter) {
        for (number, device) in enumerated() { device.write(number: number, to: &writer) }
    }

    /// One that stays keeps its place in the guest, of whatever it is a share now; what others gave to the VM is theirs.
    func replace(in devices: XMLElement) {
        var wanted = enumerated().filter { $0.element.id != nil }
        for device in devices.children("hostdev") where device.attribute("type") == "mdev" && device.isPlaced {
            guard let place = wanted.firstIndex(where: { $0.element.id == device.mediatedDevice }) else {
                device.remove()
                continue
            }
            device.first("alias")?.setAttribute("name", wanted[place].element.alias(number: wanted[place].offset))
            wanted.remove(at: place)
        }
        devices.add { writer in
            for (number, device) in wanted { device.write(number: number, to: &writer) }
        }
    }
}

import FleetModel
import FleetRuntime

extension DomainSpecification {
    /// What libvirt calls each disk: `sda`, `sdb`, `vda`.
    public var diskTargets: [String] {
        var used: [String: UInt8] = [:]
        return disks.map { disk in
            let prefix = disk.bus == .virtio ? "vd" : "sd"
            let letter = Character(Unicode.Scalar(UInt8(ascii: "a") + used[prefix, default: 0]))
            used[prefix, default: 0] += 1
            return "\(prefix)\(letter)"
        }
    }

    func writeDisks(to writer: inout XMLWriter) {
        // All disks of the controller share one thread; virtio disks take the next ones in turn.
        writer.element("controller", ["type": "scsi", "index": "0", "model": "virtio-scsi"]) { writer in
            if ioThreads > 0 { writer.element("driver", ["iothread": "1"]) }
        }
        for (index, (disk, target)) in zip(disks, diskTargets).enumerated() {
            writer.element("disk", ["type": "file", "device": "disk"]) { writer in
                let thread = disk.bus == .virtio && ioThreads > 0 ? String(index % ioThreads + 1) : nil
                writer.element(
                    "driver",
                    ["name": "qemu", "type": disk.format.rawValue, "discard": "unmap", "iothread": thread])
                writer.element("source", ["file": disk.path])
                writer.element("target", ["dev": target, "bus": disk.bus.rawValue])
                writer.element("boot", ["order": String(index + 1)])
            }
        }
        if let seed { write(seed, to: &writer) }
    }

    private func write(_ disc: Disc, to writer: inout XMLWriter) {
        writer.element("disk", ["type": "file", "device": "cdrom"]) { writer in
            writer.element("driver", ["name": "qemu", "type": "raw"])
            writer.element("source", ["file": disc.path])
            writer.element("target", ["dev": Disc.target, "bus": disc.bus.rawValue])
            writer.element("readonly")
        }
    }
}

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
            writer.element("disk", disk.attributes) { writer in
                let thread = disk.bus == .virtio && ioThreads > 0 ? String(index % ioThreads + 1) : nil
                writer.element(
                    "driver",
                    [
                        "name": "qemu", "type": disk.format.rawValue, "cache": diskCache.rawValue, "discard": "unmap",
                        "iothread": thread,
                    ])
                writer.element("source", [disk.isBlockDevice ? "dev" : "file": disk.path])
                if let granularity = discardGranularity, granularity.form == .blockio {
                    writer.element("blockio", ["discard_granularity": String(granularity.bytes)])
                }
                writer.element("target", ["dev": target, "bus": disk.bus.rawValue])
                if disk.isReadOnly { writer.element("readonly") }
                if discardGranularity?.form == .override { writer.element("alias", ["name": Self.alias(of: target)]) }
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

    private static func alias(of target: String) -> String { "ua-virtfleet-\(target)" }

    /// https://libvirt.org/drvqemu.html#overriding-properties-of-qemu-devices
    func writeDiskOverrides(to writer: inout XMLWriter) {
        guard let granularity = discardGranularity, granularity.form == .override, !disks.isEmpty else { return }
        writer.element("qemu:override", ["xmlns:qemu": Self.qemuNamespace]) { writer in
            for target in diskTargets {
                writer.element("qemu:device", ["alias": Self.alias(of: target)]) { writer in
                    writer.element("qemu:frontend") { writer in
                        writer.element(
                            "qemu:property",
                            [
                                "name": "discard_granularity", "type": "unsigned",
                                "value": String(granularity.bytes),
                            ])
                    }
                }
            }
        }
    }

    static let qemuNamespace = "http://libvirt.org/schemas/domain/qemu/1.0"

    func writeShares(to writer: inout XMLWriter) {
        for share in shares {
            writer.element("filesystem", ["type": "mount", "accessmode": "passthrough"]) { writer in
                writer.element("driver", ["type": "virtiofs"])
                writer.element("source", ["dir": share.directory])
                writer.element("target", ["dir": share.tag])
            }
        }
    }
}

extension DomainSpecification.Disk {
    fileprivate var attributes: KeyValuePairs<String, String?> {
        ["type": isBlockDevice ? "block" : "file", "device": "disk", "snapshot": isInSnapshots ? nil : "no"]
    }
}

import FleetRuntime
extension DomainSpecification {
    /// Libvirt's domain XML (https://libvirt.org/formatdomain.html): q35, UEFI, virtio devices, a guest-agent channel.
    public func xml() -> String {
        var writer = XMLWriter()
        writer.element("domain", ["type": accelerator == .kvm ? "kvm" : "qemu"]) { writer in
            writer.element("name", text: name)
            writer.element("uuid", text: id.description)
            writer.element("genid", text: genID.uuidString.lowercased())
            writer.element("metadata") { DomainMetadata.write(origin, to: &$0) }
            writer.element("memory", ["unit": "bytes"], text: String(memoryBytes))
            writer.element("vcpu", text: String(vcpus))
            writeFirmware(to: &writer)
            writer.element("features") { writer in
                writer.element("acpi")
                writer.element("apic")
                if firmware.secureBoot { writer.element("smm", ["state": "on"]) }
            }
            writeCPU(to: &writer)
            writer.element("clock", ["offset": "utc"])
            writer.element("on_poweroff", text: "destroy")
            writer.element("on_reboot", text: "restart")
            writer.element("on_crash", text: "destroy")
            writer.element("pm") { writer in
                writer.element("suspend-to-mem", ["enabled": "no"])
                writer.element("suspend-to-disk", ["enabled": "no"])
            }
            writer.element("devices") { writeDevices(to: &$0) }
        }
        return writer.text
    }

    private func writeFirmware(to writer: inout XMLWriter) {
        writer.element("os") { writer in
            writer.element("type", ["arch": "x86_64", "machine": "q35"], text: "hvm")
            writer.element(
                "loader", ["readonly": "yes", "type": "pflash", "secure": firmware.secureBoot ? "yes" : "no"],
                text: firmware.loaderPath)
            writer.element("nvram", ["template": firmware.nvramTemplatePath], text: firmware.nvramPath)
        }
    }

    private func writeCPU(to writer: inout XMLWriter) {
        let mode = accelerator == .kvm ? "host-passthrough" : "maximum"
        writer.element("cpu", ["mode": mode, "check": "none"]) { writer in
            // Without a topology libvirt makes one socket per vCPU, and Windows uses at most two sockets.
            writer.element("topology", ["sockets": "1", "dies": "1", "cores": String(vcpus), "threads": "1"])
        }
    }

    private func writeDevices(to writer: inout XMLWriter) {
        writeDisks(to: &writer)
        for network in networks { write(network, to: &writer) }
        writeConsole(to: &writer)
        writer.element("channel", ["type": "unix"]) { writer in
            writer.element("target", ["type": "virtio", "name": "org.qemu.guest_agent.0"])
        }
        if tpm {
            writer.element("tpm", ["model": "tpm-crb"]) { writer in
                writer.element("backend", ["type": "emulator", "version": "2.0"])
            }
        }
        writer.element("rng", ["model": "virtio"]) { writer in
            writer.element("backend", ["model": "random"], text: "/dev/urandom")
        }
        writer.element("memballoon", ["model": "virtio"]) { writer in
            // Without a period libvirt reports the guest's memory as it was whenever somebody last asked.
            writer.element("stats", ["period": "10"])
        }
    }

    private func writeDisks(to writer: inout XMLWriter) {
        writer.element("controller", ["type": "scsi", "index": "0", "model": "virtio-scsi"])
        var used: [String: UInt8] = [:]
        for (index, disk) in disks.enumerated() {
            let prefix = disk.bus == .virtio ? "vd" : "sd"
            let letter = Character(Unicode.Scalar(UInt8(ascii: "a") + used[prefix, default: 0]))
            used[prefix, default: 0] += 1
            writer.element("disk", ["type": "file", "device": "disk"]) { writer in
                writer.element("driver", ["name": "qemu", "type": disk.format.rawValue, "discard": "unmap"])
                writer.element("source", ["file": disk.path])
                writer.element("target", ["dev": "\(prefix)\(letter)", "bus": disk.bus.rawValue])
                writer.element("boot", ["order": String(index + 1)])
            }
        }
    }

    private func write(_ network: Network, to writer: inout XMLWriter) {
        let bridge: String? = if case .bridge(let name) = network.kind { name } else { nil }
        writer.element("interface", ["type": bridge == nil ? "user" : "bridge"]) { writer in
            writer.element("mac", ["address": network.mac.description])
            if let bridge { writer.element("source", ["bridge": bridge]) }
            writer.element("model", ["type": "virtio"])
        }
    }

    private func writeConsole(to writer: inout XMLWriter) {
        writer.element("serial", ["type": consoleLogPath == nil ? "pty" : "file"]) { writer in
            if let consoleLogPath { writer.element("source", ["path": consoleLogPath, "append": "on"]) }
            writer.element("target", ["port": "0"])
        }
    }
}

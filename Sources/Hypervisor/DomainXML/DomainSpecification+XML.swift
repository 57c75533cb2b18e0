import FleetModel
import FleetRuntime

extension DomainSpecification {
    /// Libvirt's domain XML (https://libvirt.org/formatdomain.html): q35, UEFI, virtio devices, a guest-agent channel.
    public func xml() -> String {
        var writer = XMLWriter()
        writer.element("domain", ["type": accelerator == .kvm ? "kvm" : "qemu"]) { writer in
            writer.element("name", text: name)
            writer.element("uuid", text: id.description)
            writer.element("genid", text: genID.uuidString.lowercased())
            writer.element("metadata") { writer in
                DomainMetadata.write(origin, demand, profile, power, to: &writer)
                DomainMetadata.write(guestOS, to: &writer)
            }
            writer.element("memory", ["unit": "bytes"], text: String(placement?.memory.bytes ?? memoryBytes))
            writeMemoryBacking(to: &writer)
            placement?.memory.binding?.write(to: &writer)
            writer.element("vcpu", text: String(vcpus))
            if ioThreads > 0 { writer.element("iothreads", text: String(ioThreads)) }
            if let processors = placement?.processors {
                writer.element("cputune") { processors.write(to: &$0) }
            }
            writeSystemInformation(to: &writer)
            writeFirmware(to: &writer)
            writeFeatures(to: &writer)
            writeCPU(to: &writer)
            writeClock(to: &writer)
            writer.element("on_poweroff", text: "destroy")
            writer.element("on_reboot", text: "restart")
            writer.element("on_crash", text: "destroy")
            writer.element("pm") { writer in
                writer.element("suspend-to-mem", ["enabled": "no"])
                writer.element("suspend-to-disk", ["enabled": "no"])
            }
            writer.element("devices") { writeDevices(to: &$0) }
            writeDiskOverrides(to: &writer)
        }
        return writer.text
    }

    /// virtiofsd reads and writes the guest's memory.
    private func writeMemoryBacking(to writer: inout XMLWriter) {
        let hugePages = placement?.memory.hugePages
        guard hugePages != nil || !shares.isEmpty else { return }
        writer.element("memoryBacking") { writer in
            hugePages?.write(to: &writer)
            guard !shares.isEmpty else { return }
            writer.element("source", ["type": "memfd"])
            writer.element("access", ["mode": "shared"])
        }
    }

    /// What the guest reads in its SMBIOS tables: by UUID and serial number an inventory of machines tells a clone from
    /// its siblings. QEMU keeps its own words for the rest.
    private func writeSystemInformation(to writer: inout XMLWriter) {
        writer.element("sysinfo", ["type": "smbios"]) { writer in
            writer.element("system") { writer in
                for name in ["serial", "uuid"] { writer.element("entry", ["name": name], text: id.description) }
            }
        }
    }

    private func writeFirmware(to writer: inout XMLWriter) {
        writer.element("os") { writer in
            writer.element("type", ["arch": "x86_64", "machine": "q35"], text: "hvm")
            writer.element(
                "loader", ["readonly": "yes", "type": "pflash", "secure": firmware.secureBoot ? "yes" : "no"],
                text: firmware.loaderPath)
            writer.element("nvram", ["template": firmware.nvramTemplatePath], text: firmware.nvramPath)
            writer.element("smbios", ["mode": "sysinfo"])
        }
    }

    /// QEMU's translation knows nothing of Hyper-V.
    private var speaksHyperV: Bool { guestOS == .windows && accelerator == .kvm }

    private func writeFeatures(to writer: inout XMLWriter) {
        writer.element("features") { writer in
            writer.element("acpi")
            writer.element("apic")
            if speaksHyperV { writeHyperV(to: &writer) }
            if hidesHypervisor {
                writer.element("kvm") { $0.element("hidden", ["state": "on"]) }
            }
            if guestOS == .windows { writer.element("vmport", ["state": "off"]) }
            if firmware.secureBoot { writer.element("smm", ["state": "on"]) }
        }
    }

    /// What lets Windows wait without being woken, and speak to the host where it would otherwise try in vain
    /// (https://www.qemu.org/docs/master/system/i386/hyperv.html).
    private func writeHyperV(to writer: inout XMLWriter) {
        writer.element("hyperv", ["mode": "custom"]) { writer in
            for feature in ["relaxed", "vapic"] { writer.element(feature, ["state": "on"]) }
            writer.element("spinlocks", ["state": "on", "retries": "8191"])
            for feature in ["vpindex", "runtime", "synic"] { writer.element(feature, ["state": "on"]) }
            writer.element("stimer", ["state": "on"]) { $0.element("direct", ["state": "on"]) }
            // Drivers look for the vendor that KVM would name.
            if hidesHypervisor { writer.element("vendor_id", ["state": "on", "value": "virtfleet"]) }
            for feature in ["frequencies", "tlbflush", "ipi"] { writer.element(feature, ["state": "on"]) }
        }
    }

    /// Windows takes the firmware's clock for local time. An HPET wakes it up; the other two catch up what was missed,
    /// or pass over it.
    private func writeClock(to writer: inout XMLWriter) {
        writer.element("clock", ["offset": guestOS == .windows ? "localtime" : "utc"]) { writer in
            writer.element("timer", ["name": "rtc", "tickpolicy": "catchup"])
            writer.element("timer", ["name": "pit", "tickpolicy": "delay"])
            writer.element("timer", ["name": "hpet", "present": "no"])
            if speaksHyperV { writer.element("timer", ["name": "hypervclock", "present": "yes"]) }
        }
    }

    private var topology: VMPlacement.GuestTopology {
        placement?.processors.topology ?? demand?.topology ?? VMPlacement.GuestTopology(cores: vcpus)
    }

    private func writeCPU(to writer: inout XMLWriter) {
        let mode = accelerator == .kvm ? "host-passthrough" : "maximum"
        writer.element("cpu", ["mode": mode, "check": "none"]) { writer in
            // Without a topology libvirt makes one socket per vCPU, and Windows uses at most two sockets.
            topology.write(to: &writer)
        }
    }

    private func writeDevices(to writer: inout XMLWriter) {
        writeDisks(to: &writer)
        writeShares(to: &writer)
        writeNetworks(to: &writer)
        for device in placement?.devices ?? [] { device.write(to: &writer) }
        for device in usbDevices { device.write(to: &writer) }
        placement?.mediatedDevices.write(to: &writer)
        writeSerial(to: &writer)
        writeScreen(to: &writer)
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

    private func writeSerial(to writer: inout XMLWriter) {
        writer.element("serial", ["type": consoleLogPath == nil ? "pty" : "file"]) { writer in
            if let consoleLogPath { writer.element("source", ["path": consoleLogPath, "append": "on"]) }
            writer.element("target", ["port": "0"])
        }
    }
}

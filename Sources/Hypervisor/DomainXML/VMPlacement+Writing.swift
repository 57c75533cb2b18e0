import FleetModel
import FleetRuntime

extension VMPlacement.Processors {
    /// What `cputune` has inside.
    func write(to writer: inout XMLWriter) {
        if weight != Self.kernelsWeight { writer.element("shares", text: String(weight)) }
        for (vcpu, threads) in vcpus.enumerated() where !threads.threads.isEmpty {
            writer.element("vcpupin", ["vcpu": String(vcpu), "cpuset": threads.description])
        }
        if !emulator.threads.isEmpty { writer.element("emulatorpin", ["cpuset": emulator.description]) }
        for (index, threads) in ioThreads.enumerated() where !threads.threads.isEmpty {
            writer.element("iothreadpin", ["iothread": String(index + 1), "cpuset": threads.description])
        }
    }

    /// Of whatever has no other (Documentation/admin-guide/cgroup-v2.rst, cpu.weight).
    public static let kernelsWeight = 100
}

extension VMPlacement.GuestTopology {
    func write(to writer: inout XMLWriter, as name: String = "topology") {
        writer.element(
            name,
            ["sockets": String(sockets), "dies": String(dies), "cores": String(cores), "threads": String(threads)])
    }
}

extension VMPlacement.HugePages {
    /// What `memoryBacking` has inside.
    func write(to writer: inout XMLWriter) {
        writer.element("hugepages") { writer in
            writer.element("page", ["size": String(sizeBytes >> 10), "unit": "KiB"])
        }
    }
}

extension VMPlacement.NodeBinding {
    func write(to writer: inout XMLWriter) {
        writer.element("numatune") { writer in
            writer.element("memory", ["mode": mode.rawValue, "nodeset": CPUSet(nodes).description])
        }
    }
}

extension PCIAddress {
    /// Of a device that a placement gave.
    static let hostDeviceAlias = "ua-virtfleet-"

    /// libvirt takes it from its driver and gives it back.
    func writeHostDevice(to writer: inout XMLWriter) {
        let parts = description.split { $0 == ":" || $0 == "." }
        writer.element("hostdev", ["mode": "subsystem", "type": "pci", "managed": "yes"]) { writer in
            writer.element("source") { writer in
                writer.element(
                    "address",
                    [
                        "domain": "0x\(parts[0])", "bus": "0x\(parts[1])", "slot": "0x\(parts[2])",
                        "function": "0x\(parts[3])",
                    ])
            }
            writer.element("alias", ["name": Self.hostDeviceAlias + parts.joined(separator: "-")])
        }
    }
}

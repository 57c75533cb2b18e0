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

extension VMPlacement.Device {
    func write(to writer: inout XMLWriter) { for function in parts { function.write(to: &writer) } }

    /// The element of each function.
    var parts: [HostFunction] {
        [HostFunction(address: address, mac: mac)] + companions.map { HostFunction(address: $0) }
    }
}

/// A PCI function that a VM gets.
struct HostFunction: Equatable {
    var address: PCIAddress
    /// As a network card: libvirt gives the virtual function this address by its physical one.
    var mac: MACAddress?

    /// Of one that a placement gave.
    static let alias = "ua-virtfleet-"

    /// libvirt takes it from its driver and gives it back.
    func write(to writer: inout XMLWriter) {
        if let mac {
            writer.element("interface", ["type": "hostdev", "managed": "yes"]) { writer in
                writer.element("mac", ["address": mac.description])
                writeSource(to: &writer)
            }
        } else {
            writer.element("hostdev", ["mode": "subsystem", "type": "pci", "managed": "yes"]) { writeSource(to: &$0) }
        }
    }

    func writeSource(to writer: inout XMLWriter) {
        let parts = address.description.split { $0 == ":" || $0 == "." }
        writer.element("source") { writer in
            writer.element(
                "address",
                [
                    "type": mac == nil ? nil : "pci", "domain": "0x\(parts[0])", "bus": "0x\(parts[1])",
                    "slot": "0x\(parts[2])", "function": "0x\(parts[3])",
                ])
        }
        writer.element("alias", ["name": Self.alias + parts.joined(separator: "-")])
    }
}

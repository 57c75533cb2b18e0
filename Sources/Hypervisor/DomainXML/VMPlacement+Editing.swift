import FleetModel
import FleetRuntime

extension VMPlacement {
    /// - Parameter xml: a domain's definition.
    /// - Returns: the definition with this placement in it in place of what was placed before; all else stays.
    /// - Throws: `invalidDefinition`.
    public func applied(to xml: String) throws(HypervisorError) -> String {
        try XMLTree.rewrite(xml, as: "domain definition") { root throws(HypervisorError) in
            for name in ["memory", "currentMemory", "numatune"] { root.first(name)?.remove() }
            root.first("memoryBacking", "hugepages")?.remove()
            root.add { $0.element("memory", ["unit": "bytes"], text: String(memory.bytes)) }
            root.add { memory.binding?.write(to: &$0) }
            if let hugePages = memory.hugePages { root.child("memoryBacking").add { hugePages.write(to: &$0) } }
            let tuning = root.child("cputune")
            for name in ["shares", "vcpupin", "emulatorpin", "iothreadpin"] {
                for element in tuning.children(name) { element.remove() }
            }
            tuning.add { processors.write(to: &$0) }
            let cpu = root.child("cpu")
            cpu.first("topology")?.remove()
            cpu.add { processors.topology.write(to: &$0) }
            devices.replace(in: root.child("devices"))
            mediatedDevices.replace(in: root.child("devices"))
        }
    }
}

extension [VMPlacement.Device] {
    /// - Parameter xml: a domain's definition.
    /// - Returns: the definition with these in place of the devices that were placed before; all else stays.
    /// - Throws: `invalidDefinition`.
    public func applied(to xml: String) throws(HypervisorError) -> String {
        try XMLTree.rewrite(xml, as: "domain definition") { root throws(HypervisorError) in
            replace(in: root.child("devices"))
        }
    }

    /// Devices that stay keep their place in the guest, and so does a network card that is another function now; what others
    /// gave to the VM is theirs.
    fileprivate func replace(in element: XMLElement) {
        var wanted = flatMap(\.parts)
        for device in element.children("hostdev") where device.attribute("type") == "pci" {
            if let place = DomainDefinition.hostDevice(device).flatMap({ address in
                wanted.firstIndex { $0.mac == nil && $0.address == address }
            }) {
                wanted.remove(at: place)
            } else if device.isPlaced {
                device.remove()
            }
        }
        for card in element.children("interface") where card.isPlaced {
            if let place = card.macAddress.flatMap({ mac in wanted.firstIndex { $0.mac == mac } }) {
                for name in ["source", "alias"] { card.first(name)?.remove() }
                card.add { wanted[place].writeSource(to: &$0) }
                wanted.remove(at: place)
            } else {
                card.remove()
            }
        }
        element.add { writer in
            for function in wanted { function.write(to: &writer) }
        }
    }
}

extension XMLElement {
    /// A placement has put it into the definition.
    var isPlaced: Bool { first("alias")?.attribute("name")?.hasPrefix(HostFunction.alias) == true }

    /// Of a network card.
    var macAddress: MACAddress? { first("mac")?.attribute("address").flatMap(MACAddress.init) }
}

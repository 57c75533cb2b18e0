extension SyntheticMachine {
    /// The first function of a machine is its GPU, the next its disk, its network card and its USB controller; after them
    /// come more of that kind. Each is below a root port of its own.
    private static let kinds = [
        ("030000", "10de", "1c82", "nouveau"), ("010802", "144d", "a808", "nvme"), ("020000", "8086", "1521", "igb"),
        ("0c0330", "1b21", "2142", "xhci_hcd"),
    ]

    /// Bus and slot of a root port and, at the first slot of its bus, what is plugged into it.
    private func place(_ index: Int) -> (domain: String, port: String, function: String) {
        let (domain, slot) = (index / 2 / 31, index / 2 % 31 + 1)
        let domainText = digits(domain, 4)
        return (domainText, "\(domainText):00:\(digits(slot, 2)).0", "\(domainText):\(digits(slot, 2)):00.0")
    }

    private func digits(_ number: Int, _ count: Int) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
    }

    /// Where a function that is no port lies in /sys.
    func path(ofEndpoint number: Int) -> String {
        let place = place(number * 2 + 1)
        return "/devices/pci\(place.domain):00/\(place.port)/\(place.function)"
    }

    func addDevices(to tree: inout HostTree) {
        tree.link("/sys/class/iommu/dmar0", to: "../../devices/virtual/iommu/dmar0")
        tree.write("/sys/firmware/acpi/tables/DMAR", "DMAR")
        var interrupts = "            " + (0..<threads).map { "CPU\($0)" }.joined(separator: " ") + "\n"
        for index in 0..<devices {
            let place = place(index)
            let isPort = index % 2 == 0
            let kind = isPort ? ("060400", "8086", "a110", "pcieport") : Self.kinds[index / 2 % Self.kinds.count]
            let address = isPort ? place.port : place.function
            let path = "/devices/pci\(place.domain):00/\(place.port)" + (isPort ? "" : "/\(place.function)")
            add(kind, at: "/sys" + path, to: &tree)
            tree.link("/sys/bus/pci/devices/\(address)", to: "../../.." + path)
            tree.link("/sys/kernel/iommu_groups/\(index)/devices/\(address)", to: "../../../.." + path)
            tree.write("/sys/kernel/iommu_groups/\(index)/type", "DMA-FQ\n")
            tree.link("/sys\(path)/iommu_group", to: "/sys/kernel/iommu_groups/\(index)")
            tree.write("/sys\(path)/config", isPort ? Self.portConfiguration : [UInt8](repeating: 0, count: 64))
            interrupts +=
                "\(index + 24): " + (0..<threads).map { _ in "0" }.joined(separator: " ")
                + " IR-PCI-MSI \(address) \(kind.3)\n"
        }
        tree.write("/proc/interrupts", interrupts)
        tree.write("/proc/iomem", "00000000-00000fff : Reserved\ne0000000-e0ffffff : BOOTFB\n")
        let gpu = "/sys" + path(ofEndpoint: 0)
        tree.write(gpu + "/boot_vga", "1\n")
        tree.write(gpu + "/drm/card0/card0-DP-1/status", "connected\n")
        tree.write(gpu + "/mdev_supported_types/nvidia-63/name", "GRID\n")
        tree.write(gpu + "/mdev_supported_types/nvidia-63/available_instances", "3\n")
        tree.write(gpu + "/nvidia/creatable_vgpu_types", "ID : vGPU Name\n558 : NVIDIA A16-2Q\n")
        tree.write(gpu + "/nvidia/current_vgpu_type", "558\n")
    }

    private func add(_ kind: (String, String, String, String), at path: String, to tree: inout HostTree) {
        tree.write(path + "/class", "0x\(kind.0)\n")
        tree.write(path + "/vendor", "0x\(kind.1)\n")
        tree.write(path + "/device", "0x\(kind.2)\n")
        tree.write(path + "/subsystem_vendor", "0x1043\n")
        tree.write(path + "/subsystem_device", "0x0001\n")
        tree.write(path + "/revision", "0xa1\n")
        tree.write(path + "/numa_node", "0\n")
        tree.write(
            path + "/modalias",
            "pci:v0000\(kind.1.uppercased())d0000\(kind.2.uppercased())sv00001043sd00000001"
                + "bc\(kind.0.prefix(2))sc\(kind.0.dropFirst(2).prefix(2))i\(kind.0.suffix(2))\n")
        tree.write(path + "/max_link_speed", "8.0 GT/s PCIe\n")
        tree.write(path + "/max_link_width", "16\n")
        tree.write(path + "/current_link_speed", "2.5 GT/s PCIe\n")
        tree.write(path + "/current_link_width", "8\n")
        tree.write(path + "/reset_method", "flr bus\n")
        tree.write(path + "/resource", "0x00000000e0000000 0x00000000e0ffffff 0x0000000000040200\n")
        tree.write(path + "/sriov_totalvfs", "\(kind.2 == "1521" ? 7 : 0)\n")
        tree.write(path + "/sriov_numvfs", "0\n")
        tree.link(path + "/driver", to: "/sys/bus/pci/drivers/\(kind.3)")
    }

    /// A root port of PCI Express with Access Control Services, all of them on.
    private static let portConfiguration: [UInt8] = {
        var bytes = [UInt8](repeating: 0, count: 4096)
        func put(_ values: [UInt8], at offset: Int) {
            bytes.replaceSubrange(offset..<offset + values.count, with: values)
        }
        put([0x86, 0x80, 0x10, 0xa1, 0x07, 0x00, 0x10, 0x00], at: 0)
        put([0x40], at: 0x34)
        put([0x10, 0x00, 0x42, 0x00], at: 0x40)
        put([0x0d, 0x00, 0x01, 0x00, 0x1f, 0x00, 0x1d, 0x00], at: 0x100)
        return bytes
    }()
}

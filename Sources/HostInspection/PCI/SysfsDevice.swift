import FleetModel

/// The directory of one PCI function in /sys, wherever this tree has it: a link into /sys/devices, a plain directory, or
/// only the entry in its IOMMU group.
struct SysfsDevice: Sendable {
    let address: PCIAddress
    private let root: HostRoot
    private let directory: String
    /// The names of the device's files.
    private let entries: Set<String>
    /// `../../../devices/pci0000:00/0000:00:01.0/0000:01:00.0`, which may lead nowhere.
    private let link: String?

    init(_ address: PCIAddress, group: Int?, in root: HostRoot) {
        self.address = address
        self.root = root
        let candidates =
            ["/sys/bus/pci/devices/\(address)"]
            + (group.map { ["/sys/kernel/iommu_groups/\($0)/devices/\(address)"] } ?? [])
        let found = candidates.lazy.map { ($0, Set(root.names(in: $0))) }.first { !$0.1.isEmpty }
        directory = found?.0 ?? ""
        entries = found?.1 ?? []
        link = candidates.firstResult { root.link($0) }
    }

    func has(_ file: String) -> Bool { entries.contains(file) }

    func text(_ file: String) -> String? {
        guard let first = file.split(separator: "/").first, has(String(first)) else { return nil }
        return root.text("\(directory)/\(file)")
    }

    func integer(_ file: String) -> Int? { text(file).flatMap { Int($0) } }

    func bytes(_ file: String, limit: Int) -> [UInt8]? {
        has(file) ? root.bytes("\(directory)/\(file)", limit: limit) : nil
    }

    func names(in folder: String) -> [String] {
        guard let first = folder.split(separator: "/").first, has(String(first)) else { return [] }
        return root.names(in: "\(directory)/\(folder)")
    }

    func linkName(_ file: String) -> String? { has(file) ? root.linkName("\(directory)/\(file)") : nil }

    /// A hexadecimal number of at most `digits` digits, with or without `0x`, as lowercase digits of that count.
    func hexadecimal(_ file: String, digits: Int) -> String? {
        guard let text = text(file) else { return nil }
        let number = text.hasPrefix("0x") ? text.dropFirst(2) : text[...]
        guard let value = UInt32(number, radix: 16), !number.hasPrefix("+") else { return nil }
        let plain = String(value, radix: 16)
        guard plain.utf8.count <= digits else { return nil }
        return String(repeating: "0", count: digits - plain.utf8.count) + plain
    }

    /// The way from the root bus down to this function: its bridges, and the root bus as `0000:00`.
    /// Nil when no link tells it.
    var path: (rootBus: Substring, hops: [PCIAddress])? {
        guard let link else { return nil }
        var hops: [PCIAddress] = []
        for component in link.split(separator: "/").reversed() {
            if let hop = PCIAddress(String(component)) {
                hops.append(hop)
            } else if component.hasPrefix("pci"), hops.first == address {
                return (component.dropFirst(3), hops.reversed())
            } else {
                break
            }
        }
        return nil
    }
}

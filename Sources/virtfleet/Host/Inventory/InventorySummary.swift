import CommandLineKit
import FleetModel
import FleetRuntime

/// What an operator wants to know of a machine, out of the inventory that its agent has sent. An agent of another version
/// may say more or less: what is not there, or is of another kind, is left out.
struct InventorySummary {
    let inventory: [InventoryPart: JSONValue]

    init(_ inventory: [InventoryPart: JSONValue]) { self.inventory = inventory }

    var sections: [DetailSection] { [machine, graphics, disks, profiles, readiness] }

    private var machine: DetailSection {
        let software = inventory[.software]
        let laptop = inventory[.laptop]
        let memory = inventory[.memory]
        return DetailSection(
            "Machine",
            [
                ("Hostname", .words(software?["hostname"]?.stringValue)),
                ("Model", .words(laptop?["vendor"]?.stringValue, laptop?["product"]?.stringValue, separator: " ")),
                ("Portable", laptop?["isPortable"]?.boolValue.map { .yesNo($0) }),
                ("System", .words(software?["osName"]?.stringValue)),
                ("Kernel", .words(software?["kernel"]?.stringValue)),
                ("Hypervisor", hypervisor),
                ("Processor", processor),
                ("Memory", memory?["totalBytes"]?.bytesCell),
                ("IOMMU", iommu),
                ("Default route", .words(inventory[.network]?["defaultRoutes"]?.elements.map(\.stringValue) ?? [])),
                ("Batteries", .words(laptop?["batteries"]?.elements.map(Self.battery) ?? [])),
            ].known)
    }

    private var hypervisor: Cell? {
        let hypervisor = inventory[.software]?["hypervisor"]
        return .words(
            hypervisor?["version"]?.stringValue.map { "QEMU \($0)" },
            hypervisor?["libvirtVersion"]?.stringValue.map { "libvirt \($0)" })
    }

    private var processor: Cell? {
        guard let cpu = inventory[.cpu] else { return nil }
        func count(_ key: String, _ one: String, from least: Int64 = 1) -> String? {
            cpu[key]?.integerValue.flatMap { $0 < least ? nil : $0 == 1 ? "1 \(one)" : "\($0) \(one)s" }
        }
        return .words(
            cpu["model"]?.stringValue, count("sockets", "socket", from: 2), count("cores", "core"),
            count("threads", "thread"))
    }

    private var iommu: Cell? {
        guard let iommu = inventory[.iommu], let status = iommu["status"]?.stringValue else { return nil }
        let groups = iommu["groups"]?.elements.count ?? 0
        let facts = [
            status, iommu["mode"]?.stringValue, groups == 0 ? nil : groups == 1 ? "1 group" : "\(groups) groups",
            iommu["interruptRemapping"]?.boolValue.map { "interrupt remapping \($0 ? "on" : "off")" },
            iommu["acsOverride"]?.boolValue == true ? "groups forced apart by pcie_acs_override" : nil,
        ].compactMap { $0 }.joined(separator: ", ")
        switch status {
        case "enabled": return Cell(facts, style: .good)
        case "unknown": return Cell(facts, style: .faint)
        default: return Cell(iommu["reason"]?.stringValue.map { "\(facts): \($0)" } ?? facts, style: .bad)
        }
    }

    /// `BAT0 43.1 of 57 Wh, 312 cycles`.
    private static func battery(_ battery: JSONValue) -> String? {
        guard let name = battery["name"]?.stringValue else { return nil }
        let now = battery["fullCapacity"]?.integerValue.map(wattHours)
        let new = battery["designCapacity"]?.integerValue.map(wattHours)
        let capacity = [now, new].compactMap { $0 }.joined(separator: " of ")
        let cycles = battery["cycles"]?.integerValue.map { ", \($0) cycles" }
        return name + (capacity.isEmpty ? "" : " \(capacity) Wh") + (cycles ?? "")
    }

    private static func wattHours(_ milliwattHours: Int64) -> String {
        HumanText.number((Double(milliwattHours) / 100).rounded() / 10)
    }
}

extension [(String, Cell?)] {
    /// Those that have something to show.
    var known: [(String, Cell)] { compactMap { label, cell in cell.map { (label, $0) } } }
}

import CommandLineKit
import FleetModel

/// A line for each device that matters by itself.
extension InventorySummary {
    /// Each display controller, what it is to the host, and whether a VM can have it.
    var graphics: DetailSection {
        let functions = inventory[.pci]?["devices"]?.elements ?? []
        return DetailSection(
            "Graphics",
            functions.compactMap { function in
                guard let address = function["address"]?.stringValue, let gpu = function["gpu"] else { return nil }
                return (address, Self.graphics(function, role: gpu["role"]?.stringValue))
            })
    }

    private static func graphics(_ function: JSONValue, role: String?) -> Cell {
        let passthrough = function["passthrough"]
        let verdict = passthrough?["verdict"]?.stringValue
        let others = passthrough?["with"]?.elements.compactMap(\.stringValue) ?? []
        let judged = verdict.map { ([$0] + others).joined(separator: " ") }
        let facts = [function.nameOfFunction, role, judged].compactMap { $0 }.joined(separator: ", ")
        switch verdict {
        case "pass", "pass-with-companions": return Cell(facts, style: .good)
        default: return Cell(passthrough?["reason"]?.stringValue.map { "\(facts): \($0)" } ?? facts)
        }
    }

    var disks: DetailSection {
        DetailSection(
            "Disks",
            (inventory[.storage]?["disks"]?.elements ?? []).compactMap { disk in
                guard let name = disk["name"]?.stringValue else { return nil }
                let kind = disk["rotational"]?.boolValue == true ? "rotating" : nil
                let removable = disk["removable"]?.boolValue == true ? "removable" : nil
                let cell = Cell.words(
                    disk["model"]?.stringValue, disk["sizeBytes"]?.bytesCell?.text, disk["transport"]?.stringValue,
                    kind, removable)
                return (name, cell ?? .none)
            })
    }
}

extension JSONValue {
    /// Of a PCI function: its names, or its IDs.
    fileprivate var nameOfFunction: String? {
        if let vendor = self["vendorName"]?.stringValue, let device = self["deviceName"]?.stringValue {
            return "\(vendor) \(device)"
        }
        guard let vendor = self["vendor"]?.stringValue, let device = self["device"]?.stringValue else { return nil }
        return "\(vendor):\(device)"
    }
}

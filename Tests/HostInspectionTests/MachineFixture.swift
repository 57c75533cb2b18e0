import FleetModel
import FleetTestSupport
import FoundationEssentials
import HostInspection
import Testing

/// A real machine of Fixtures/Machines: its PCI functions in their groups, and the verdict that each must get, worked out
/// by hand from the rules.
struct MachineFixture: CustomTestStringConvertible {
    struct Device {
        var address: PCIAddress
        var deviceClass: String
        var vendor: String
        var device: String
        var group: Int
        var parent: PCIAddress?
    }

    /// How much of a tree there is.
    enum Shape: CaseIterable {
        /// As on the machine: symbolic links into /sys/devices, and driver and group links.
        case links
        /// The same links, with nothing at their end but in the groups.
        case danglingLinks
        /// Directories in place of links: no parents, and groups only by their directories.
        case plainDirectories
        /// Nothing but the groups, each with a directory for every member.
        case groupsOnly
    }

    static let names = [
        "desktop-b550-rtx2070s-gt710", "desktop-b550-vega56-acs-off", "desktop-b550-vega56-acs-on",
        "desktop-x370-three-gpus", "desktop-z97-two-hd7970", "laptop-i7-8750h-gtx1060", "laptop-kabylake-r-mx150",
        "server-coffeelake-i350",
    ]

    let name: String
    let vendor: String
    let devices: [Device]
    /// `pass`, `not-separable 0000:00:14.2`, ... by address.
    let verdicts: [PCIAddress: String]

    var testDescription: String { name }

    init(_ name: String) throws {
        self.name = name
        let path = #filePath.replacing("MachineFixture.swift", with: "Fixtures/Machines/" + name)
        var vendor = ""
        var group = 0
        var devices: [Device] = []
        for line in try String(contentsOfFile: path + ".devices", encoding: .utf8).split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            switch words[0] {
            case "vendor": vendor = words[1]
            case "group": group = try number(words[1])
            default:
                let ids = words[2].split(separator: ":").map(String.init)
                devices.append(
                    Device(
                        address: try address(words[0]), deviceClass: words[1], vendor: ids[0], device: ids[1],
                        group: group, parent: words.count > 4 ? try address(words[4]) : nil))
            }
        }
        self.vendor = vendor
        self.devices = devices
        verdicts = try String(contentsOfFile: path + ".verdicts", encoding: .utf8).split(separator: "\n")
            .reduce(into: [:]) { table, line in
                let words = line.split(separator: " ").map(String.init)
                let others = try words.dropFirst(2).map { "\(try address($0))" }
                table[try address(words[0])] = ([words[1]] + others).joined(separator: " ")
            }
    }

    func machine(_ shape: Shape) throws -> FixtureMachine {
        let machine = try FixtureMachine([
            "/proc/cpuinfo": "processor\t: 0\nvendor_id\t: \(vendor == "amd" ? "AuthenticAMD" : "GenuineIntel")\n"
                + "flags\t\t: fpu vme\n",
            "/proc/sys/kernel/osrelease": "6.1.0-18-amd64\n", "/proc/cmdline": "root=/dev/sda1 quiet\n",
        ])
        for device in devices { try write(device, to: machine, shape) }
        return machine
    }

    private func write(_ device: Device, to machine: FixtureMachine, _ shape: Shape) throws {
        let entry = "/sys/bus/pci/devices/\(device.address)"
        let groups = "/sys/kernel/iommu_groups"
        let member = "\(groups)/\(device.group)/devices/\(device.address)"
        let path = (ancestors(device) + [device.address]).map { "/\($0)" }.joined()
        let real = "/sys/devices/pci0000:00\(path)"
        try machine.write("\(groups)/\(device.group)/type", "DMA-FQ\n")
        switch shape {
        case .links:
            try machine.link(entry, to: "../../../devices/pci0000:00\(path)")
            try machine.link(member, to: "../../../../devices/pci0000:00\(path)")
            try writeFiles(device, below: real, machine)
            try machine.link("\(real)/iommu_group", to: "\(groups)/\(device.group)")
            if device.deviceClass == "0604" { try machine.link("\(real)/driver", to: "/sys/bus/pci/drivers/pcieport") }
        case .danglingLinks:
            try machine.link(entry, to: "../../../devices/pci0000:00\(path)")
            try writeFiles(device, below: member, machine)
        case .plainDirectories:
            try writeFiles(device, below: entry, machine)
            try machine.write(member + "/.keep", "")
        case .groupsOnly:
            try writeFiles(device, below: member, machine)
        }
    }

    private func writeFiles(_ device: Device, below directory: String, _ machine: FixtureMachine) throws {
        try machine.write(directory + "/class", "0x\(device.deviceClass)00\n")
        try machine.write(directory + "/vendor", "0x\(device.vendor)\n")
        try machine.write(directory + "/device", "0x\(device.device)\n")
    }

    private func ancestors(_ device: Device) -> [PCIAddress] {
        guard let parent = device.parent else { return [] }
        return devices.first { $0.address == parent }.map { ancestors($0) + [parent] } ?? [parent]
    }
}

struct FixtureError: Error { var text: String }

/// `01:00.0`, in domain 0 when none is given.
func address(_ text: String) throws -> PCIAddress {
    guard let address = PCIAddress(text.count == 7 ? "0000:" + text : text) else { throw FixtureError(text: text) }
    return address
}

private func number(_ text: String) throws -> Int {
    guard let number = Int(text) else { throw FixtureError(text: text) }
    return number
}

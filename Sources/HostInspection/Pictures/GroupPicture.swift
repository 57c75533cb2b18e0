import Drawing
import FleetModel

extension Inspection {
    /// Columns that the name of a device needs beside its address and verdict.
    private static let groupWidth = 46

    /// The IOMMU groups with what a VM can have of them.
    public var groupPicture: Panel {
        let devices = Dictionary(pci.map { ($0.address, $0) }) { first, _ in first }
        let members = Set(iommu.groups.flatMap(\.devices))
        let rest = pci.filter { !members.contains($0.address) }.map(\.address)
        return Panel(
            "IOMMU groups", lines: status,
            children: iommu.groups.map { group in
                let isOfNoUse = group.devices.allSatisfy { devices[$0]?.passthrough.verdict == .never }
                return Panel(
                    "group \(group.id)\(group.dirty == nil ? "" : ", not isolated")",
                    tone: group.dirty != nil ? .warning : isOfNoUse ? .faint : .plain,
                    lines: group.devices.map { line($0, devices) })
            } + (rest.isEmpty ? [] : [Panel("without group", tone: .faint, lines: rest.map { line($0, devices) })]),
            arrangement: .columns(atLeast: Self.groupWidth))
    }

    private var status: [Panel.Line] {
        let tone: Tone =
            switch iommu.status {
            case .enabled: .good
            case .unknown: .faint
            case .offInFirmware, .offOnCommandLine, .needsArgument, .failed, .unsupported: .bad
            }
        return [.init("\(iommu.status.rawValue): \(iommu.reason)", tone: tone)]
    }

    private func line(_ address: PCIAddress, _ devices: [PCIAddress: PCIDevice]) -> Panel.Line {
        guard let device = devices[address] else { return .init(address.description, tone: .faint) }
        return .init(
            "\(address.short) \(device.title)", note: device.passthrough.note, tone: device.passthrough.tone,
            hint: device.passthrough.reason)
    }
}

extension PCIAddress {
    /// Without the domain where it is the usual one, as lspci(8) writes it.
    fileprivate var short: String { domain == 0 ? String(description.dropFirst(5)) : description }
}

extension PCIDevice {
    /// What it is called, as far as it is known.
    fileprivate var title: String {
        let ids = [vendor, device].compactMap { $0 }.joined(separator: ":")
        let name = [vendorName, deviceName].compactMap { $0 }.joined(separator: " ")
        return [deviceClass?.word, name.isEmpty ? ids : name].compactMap { $0 }.joined(separator: " ")
    }
}

extension PCIDevice.Passthrough {
    fileprivate var note: String {
        switch verdict {
        case .pass: "pass"
        case .passWithCompanions: "pass with \(with.count)"
        case .notSeparable: "not separable"
        case .never: "never"
        case .blocked: "blocked"
        }
    }

    fileprivate var tone: Tone {
        switch verdict {
        case .pass: .good
        case .passWithCompanions: .good
        case .notSeparable: .warning
        case .never: .faint
        case .blocked: .bad
        }
    }
}

extension PCIClass {
    /// What people call the classes that they look for.
    fileprivate var word: String? {
        let words = [
            "0106": "SATA", "0108": "NVMe", "0200": "Ethernet", "0280": "Network", "0300": "VGA", "0302": "3D",
            "0380": "Display", "0403": "Audio", "0500": "RAM", "0600": "Host bridge", "0601": "ISA bridge",
            "0604": "Bridge", "0c03": "USB", "0c05": "SMBus", "0c80": "Serial bus", "1080": "Crypto",
        ]
        return words[description]
    }
}

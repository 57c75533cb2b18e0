import CommandLineKit
import FleetModel
import FleetRuntime
import HostInspection

extension Inspection {
    static let presentation = Presentation<Inspection>(
        columns: [], emptyHint: "", name: { $0.software.hostname ?? "" },
        details: { inspection in
            [
                DetailSection(
                    nil,
                    [
                        ("Host", .words(inspection.software.hostname, inspection.software.osName)),
                        ("Kernel", .words(inspection.software.kernel)),
                        ("Processor", .words(inspection.cpu.model, inspection.cpu.counts)),
                        ("Memory", .words(inspection.memory.totalBytes.map(HumanText.bytes))),
                        ("IOMMU", inspection.iommu.cell),
                    ])
            ]
        })
}

extension CPUDocument {
    fileprivate var counts: String? {
        guard let cores, let threads else { return nil }
        return "\(cores) cores, \(threads) threads"
    }
}

extension IOMMUDocument {
    fileprivate var cell: Cell {
        let groups = groups.isEmpty ? nil : "\(groups.count) groups"
        let text = [status.rawValue, vendor?.rawValue, groups].compactMap { $0 }.joined(separator: ", ")
        switch status {
        case .enabled: return Cell(text, style: .good)
        case .unknown: return Cell(text, style: .faint)
        case .offInFirmware, .offOnCommandLine, .needsArgument, .failed, .unsupported:
            return Cell("\(text): \(reason)", style: .bad)
        }
    }
}

extension PCIDevice {
    static let presentation = Presentation<PCIDevice>(
        columns: [
            Column("DEVICE") { Cell($0.address.description) },
            Column("GROUP", alignment: .right) { .words($0.iommuGroup.map(String.init)) },
            Column("CLASS") { .words($0.deviceClass?.description) },
            Column("NAME", mayShrink: true) { .words($0.name) },
            Column("DRIVER") { .words($0.driver) },
            Column("FOR A VM") { $0.passthrough.verdict.cell },
            Column("WHY", mayShrink: true) { Cell($0.passthrough.reason) },
        ], emptyHint: "no PCI devices were found", name: \.address.description, details: { _ in [] })

    private var name: String? {
        if let vendorName, let deviceName { return "\(vendorName) \(deviceName)" }
        guard let vendor, let device else { return nil }
        return "\(vendor):\(device)"
    }
}

extension PCIDevice.Verdict {
    fileprivate var cell: Cell {
        switch self {
        case .pass: Cell(rawValue, style: .good)
        case .passWithCompanions, .notSeparable: Cell(rawValue, style: .warning)
        case .never, .blocked: Cell(rawValue, style: .faint)
        }
    }
}

extension Finding {
    static let presentation = Presentation<Finding>(
        columns: [
            Column("CHECK") { Cell($0.check) },
            Column("LEVEL") { $0.level.cell },
            Column("SEEN", mayShrink: true) { Cell($0.evidence) },
            Column("FIX", mayShrink: true) { .words($0.fix) },
        ], emptyHint: "nothing was checked", name: \.check, details: { _ in [] })
}

extension Finding.Level {
    fileprivate var cell: Cell {
        switch self {
        case .ok: Cell(rawValue, style: .good)
        case .notice: Cell(rawValue)
        case .warning: Cell(rawValue, style: .warning)
        case .failure: Cell(rawValue, style: .bad)
        case .unknown: Cell(rawValue, style: .faint)
        }
    }
}

extension ProfileFit {
    static let presentation = Presentation<ProfileFit>(
        columns: [
            Column("PROFILE") { Cell($0.profile.description) },
            Column("ANSWER") { $0.answer.cell },
            Column("WHY", mayShrink: true) { .words($0.obstacles.first?.reason) },
            Column("NEAREST FIX", mayShrink: true) { .words($0.nearestFix) },
        ], emptyHint: "no profile was asked about", name: \.profile.description, details: { _ in [] })
}

extension ProfileFit.Answer {
    fileprivate var cell: Cell {
        switch self {
        case .fits: Cell(rawValue, style: .good)
        case .doesNotFit: Cell(rawValue, style: .bad)
        case .unknown: Cell(rawValue, style: .warning)
        }
    }
}

extension Inspection.Limitation {
    static let presentation = Presentation<Inspection.Limitation>(
        columns: [Column("NOT SEEN") { Cell($0.fact) }, Column("NEEDS", mayShrink: true) { Cell($0.needs) }],
        emptyHint: "everything was seen", name: \.fact, details: { _ in [] })
}

extension Cell {
    /// Those that are known, with commas between.
    fileprivate static func words(_ parts: String?...) -> Cell {
        let known = parts.compactMap { $0 }
        return known.isEmpty ? .none : Cell(known.joined(separator: ", "))
    }
}

import CommandLineKit
import FleetModel
import FleetRuntime
import FoundationEssentials

extension HostResource.State {
    var cell: Cell {
        switch self {
        case .online: Cell(rawValue, style: .good)
        case .sleeping: Cell(rawValue, style: .faint)
        case .offline: Cell(rawValue, style: .warning)
        case .lost: Cell(rawValue, style: .bad)
        case .never: Cell("never seen", raw: rawValue, style: .faint)
        }
    }

    /// `online`, `offline, seen 3 h ago`.
    func inWords(seen lastSeenAt: Date?) -> Cell {
        guard self != .online, let lastSeenAt else { return cell }
        return Cell("\(cell.text), seen \(HumanText.age(of: lastSeenAt, at: Date()))", style: cell.style)
    }
}

extension HostResource {
    var labelText: String? {
        labels.isEmpty ? nil : labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
    }

    static let presentation = Presentation<HostResource>(
        columns: [
            Column("NAME", mayShrink: true) { Cell($0.name.description) },
            Column("STATE") { $0.state.cell },
            Column("SEEN") { .age($0.lastSeenAt) },
            Column("VMS", alignment: .right) { Cell("\($0.vmCount)") },
            Column("LABELS", mayShrink: true) { .optional($0.labelText) },
            Column("AGENT", isWide: true) { .optional($0.agentVersion) },
            Column("REGISTERED", isWide: true) { .age($0.createdAt) },
            Column("ID", isWide: true) { Cell($0.id.description) },
        ],
        emptyHint: "no hosts are registered; 'virtfleet host add NAME' registers one", name: \.name.description,
        details: { host in
            [
                DetailSection(
                    nil,
                    [
                        ("Name", Cell(host.name.description)), ("ID", Cell(host.id.description)),
                        ("State", host.state.inWords(seen: host.lastSeenAt)), ("VMs", Cell("\(host.vmCount)")),
                        ("Agent", .optional(host.agentVersion)), ("Labels", .optional(host.labelText)),
                        ("Registered", .time(host.createdAt)),
                    ])
            ]
                + InventorySummary(host.inventory ?? [:]).sections
        })
}

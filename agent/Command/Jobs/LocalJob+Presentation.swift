import CommandLineKit
import FleetModel
import FleetRuntime

extension LocalJob {
    static let presentation = Presentation<LocalJob>(
        columns: [
            Column("JOB") { Cell($0.id.description) },
            Column("KIND") { Cell($0.kind) },
            Column("STATE") { Cell($0.state.rawValue) },
            Column("BEGINS") { $0.beginsAt.map { Cell(HumanText.localTime($0), raw: FleetJSON.text($0)) } ?? .none },
            Column("MAY PUT OFF", alignment: .right) { $0.deferralsLeft.map { Cell("\($0)") } ?? .none },
            Column("DETAILS", mayShrink: true) { $0.message.map { Cell($0) } ?? .none },
            Column("REASON", isWide: true) { $0.reason.map { Cell($0) } ?? .none },
            Column("VM", isWide: true) { $0.vm.map { Cell($0.description) } ?? .none },
            Column("EXPIRES", isWide: true) {
                Cell(HumanText.localTime($0.expiresAt), raw: FleetJSON.text($0.expiresAt))
            },
        ], emptyHint: "no job waits or is at work", name: \.id.description, details: { _ in [] })
}

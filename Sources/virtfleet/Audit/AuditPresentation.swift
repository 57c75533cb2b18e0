import CommandLineKit
import FleetModel

extension AuditResource {
    static let presentation = Presentation<AuditResource>(
        columns: [
            Column("TIME") { .time($0.time) },
            Column("WHO") { Cell($0.who) },
            Column("FROM") { .optional($0.origin) },
            Column("ACTION") { Cell($0.action) },
            Column("OBJECT") { .optional($0.object) },
            Column("RESULT", mayShrink: true) { Cell($0.result) },
            Column("ID", isWide: true) { Cell("\($0.id)") },
        ],
        emptyHint: "nothing was changed yet", name: { "\($0.id)" },
        details: { entry in
            [
                DetailSection(
                    nil,
                    [
                        ("ID", Cell("\(entry.id)")), ("Time", .time(entry.time)), ("Who", Cell(entry.who)),
                        ("From", .optional(entry.origin)), ("Action", Cell(entry.action)),
                        ("Object", .optional(entry.object)), ("Result", Cell(entry.result)),
                    ])
            ]
        })
}

import CommandLineKit
import FleetModel

extension KeyResource {
    static let presentation = Presentation<KeyResource>(
        columns: [
            Column("ID") { Cell($0.id) },
            Column("TRUSTED BY") { Cell("\($0.hosts.count) of \($0.hosts.count + $0.missing.count) hosts") },
            Column("NOT BY", mayShrink: true) { .words($0.missing.map(\.description)) ?? .none },
            Column("KEY", isWide: true) { Cell($0.key.description) },
        ],
        emptyHint: "no keys", name: { $0.id },
        details: { key in
            [
                DetailSection(
                    nil,
                    [
                        ("ID", Cell(key.id)), ("Key", Cell(key.key.description)),
                        ("Trusted by", .words(key.hosts.map(\.description)) ?? .none),
                        ("Not by", .words(key.missing.map(\.description)) ?? .none),
                    ])
            ]
        })
}

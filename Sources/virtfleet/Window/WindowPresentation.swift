import CommandLineKit
import FleetModel
import FleetRuntime

/// A window with the next times at which it is open.
struct WindowSchedule: Encodable {
    var window: WindowResource
    var schedule: WindowOccurrences

    static let presentation = Presentation<WindowSchedule>(
        columns: WindowResource.columns(\.window), emptyHint: "", name: \.window.name.description,
        details: { shown in
            shown.window.details + [
                DetailSection(
                    "Open, by the clocks of \(shown.schedule.timeZone)",
                    shown.schedule.occurrences.enumerated().map { ("\($0 + 1)", Cell($1.text)) })
            ]
        })
}

extension Occurrence {
    /// From when to when, by this machine's clock.
    var text: String { "\(HumanText.localTime(start)) to \(HumanText.localTime(end))" }
}

extension WindowResource {
    static let presentation = Presentation<WindowResource>(
        columns: columns(\.self), emptyHint: "no windows; 'virtfleet window apply FILE.yaml' brings one",
        name: \.name.description, details: \.details)

    fileprivate static func columns<Item>(
        _ window: @escaping @Sendable (Item) -> WindowResource
    ) -> [Column<Item>] {
        func key(_ name: String) -> @Sendable (Item) -> Cell {
            { .optional(window($0).document[name]?.stringValue) }
        }
        return [
            Column("NAME", mayShrink: true) { Cell(window($0).name.description) },
            Column("RECURRENCE", mayShrink: true, cell: key("recurrence")), Column("START", cell: key("start")),
            Column("ZONE", cell: key("timeZone")), Column("DURATION", cell: key("duration")),
            Column("CUTOFF", isWide: true, cell: key("cutoff")),
            Column("APPLIED") { .age(window($0).updatedAt) },
        ]
    }

    fileprivate var details: [DetailSection] {
        [
            DetailSection(nil, [("Window", Cell(name.description)), ("Applied", .time(updatedAt))]),
            DetailSection("Keys", JSONValue.object(document).flattened()),
        ]
    }
}

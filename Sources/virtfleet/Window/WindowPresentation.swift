import CommandLineKit
import FleetModel
import FleetRuntime

/// A window with the next times at which it is open.
struct WindowSchedule: Encodable {
    private static let keys = [
        ("RECURRENCE", "recurrence"), ("START", "start"), ("ZONE", "timeZone"), ("DURATION", "duration"),
    ]

    var window: DocumentResource
    var schedule: WindowOccurrences

    static let windows = Presentation<DocumentResource>(
        columns: DocumentResource.columns(keys, of: \.self),
        emptyHint: "no windows; 'virtfleet window apply FILE.yaml' brings one", name: \.name.description,
        details: { $0.details("Window") })

    static let presentation = Presentation<WindowSchedule>(
        columns: DocumentResource.columns(keys, of: \.window), emptyHint: "", name: \.window.name.description,
        details: { shown in
            shown.window.details("Window") + [
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

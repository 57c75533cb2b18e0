import CommandLineKit
import FleetModel

extension RolloutPlanResource {
    var fitting: [Host] { hosts.filter { $0.obstacle == nil } }

    /// The whole; its hosts are a table of their own.
    static let presentation = Presentation<RolloutPlanResource>(
        columns: [], emptyHint: "", name: \.plan.description,
        details: { plan in
            let bytes = plan.fitting.reduce(0) { $0 + $1.bytes }
            let misfits = plan.hosts.count - plan.fitting.count
            return [
                DetailSection(
                    nil,
                    [
                        ("Hosts that fit", Cell("\(plan.fitting.count)")),
                        ("Hosts that do not", Cell("\(misfits)", style: misfits == 0 ? .plain : .warning)),
                        ("Hosts of each wave", .words(plan.waves.map(String.init)) ?? .none),
                        ("To transfer at most", .bytes(bytes)), ("Plan", Cell(plan.plan.description)),
                    ])
            ]
        })
}

extension RolloutPlanResource.Host {
    static let presentation = Presentation<RolloutPlanResource.Host>(
        columns: [
            Column("HOST", mayShrink: true) { Cell($0.hostName.description) },
            Column("STATE") { $0.hostState.cell },
            Column("SEEN") { .age($0.lastSeenAt) },
            Column("ANSWER", mayShrink: true) { $0.answerCell },
            Column("NEAREST FIX", mayShrink: true) { .optional($0.obstacle?.fix) },
            Column("CHANGES", mayShrink: true) { .words($0.changes, separator: "; ") ?? .none },
            Column("SIZE", alignment: .right) { .bytes($0.bytes) },
            Column("WINDOW", mayShrink: true) { $0.windowCell },
        ],
        emptyHint: "the selection meets no host; 'virtfleet host list' lists them all",
        name: \.hostName.description, details: { _ in [] })

    /// For programs, an interval (ISO 8601).
    private var windowCell: Cell {
        guard let window else { return .none }
        return Cell(window.text, raw: "\(FleetJSON.text(window.start))/\(FleetJSON.text(window.end))")
    }

    private var answerCell: Cell { obstacle.map { Cell($0.reason, style: .bad) } ?? Cell("fits", style: .good) }
}

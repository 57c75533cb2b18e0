import CommandLineKit
import FleetModel
import FleetRuntime

extension RolloutResource {
    var stateCell: Cell {
        let word = state.rawValue
        switch state {
        case .finished: return Cell(word, style: .good)
        case .halted: return Cell(word, style: .bad)
        case .awaitingApproval, .paused, .aborting, .aborted: return Cell(word, style: .warning)
        case .soaking: return Cell(word, style: .faint)
        case .running: return Cell(word)
        }
    }

    var waveText: String { "\(wave) of \(waves)" }

    /// How many hosts take part: those that could not from the start do not.
    var participants: Int { hosts.reduce(0) { $0 + ($1.key == .unfit ? 0 : $1.value) } }

    /// How many of them have come to an end.
    var ended: Int { [.succeeded, .failed, .skipped, .missed].reduce(0) { $0 + self[$1] } }

    subscript(_ state: RolloutHostState) -> Int { hosts[state] ?? 0 }

    private var doneText: String { "\(ended) of \(participants)" }

    private var approvalText: String? {
        approvals == 0 ? nil : "\(approvedBy.count) of \(approvals)"
    }

    static let presentation = Presentation<RolloutResource>(
        columns: [
            Column("NAME", mayShrink: true) { Cell($0.name.description) },
            Column("KIND") { .optional($0.intent["kind"]?.stringValue) },
            Column("STATE") { $0.stateCell },
            Column("WAVE") { Cell($0.waveText) },
            Column("DONE") { Cell($0.doneText) },
            Column("FAILED", alignment: .right) { Cell("\($0[.failed])", style: $0[.failed] == 0 ? .plain : .bad) },
            Column("CREATED") { .age($0.createdAt) },
            Column("DETAILS", mayShrink: true) { .optional($0.reason) },
            Column("BY", isWide: true) { Cell($0.createdBy) },
            Column("APPROVALS", isWide: true) { .optional($0.approvalText) },
            Column("UPDATED", isWide: true) { .age($0.updatedAt) },
            Column("DEADLINE", isWide: true) { .time($0.deadline) },
        ],
        emptyHint: "no rollouts; 'virtfleet rollout apply FILE.yaml' begins one", name: \.name.description,
        details: { rollout in
            [
                DetailSection(
                    nil,
                    [
                        ("Rollout", Cell(rollout.name.description)),
                        ("Kind", .optional(rollout.intent["kind"]?.stringValue)), ("State", rollout.stateCell),
                        ("Reason", .optional(rollout.reason)), ("Wave", Cell(rollout.waveText)),
                        ("Soaks until", rollout.soakUntil.map(Cell.time) ?? .none),
                        ("Deadline", .time(rollout.deadline)), ("Done", Cell("\(rollout.doneText) hosts")),
                        ("Applied", Cell("\(HumanText.localTime(rollout.createdAt)) by \(rollout.createdBy)")),
                        ("Approvals", .optional(rollout.approvalText)),
                        ("Approved by", .words(rollout.approvedBy) ?? .none), ("Updated", .age(rollout.updatedAt)),
                        ("Plan", Cell(rollout.plan.description)),
                    ]),
                DetailSection(
                    "Hosts",
                    RolloutHostState.allCases.filter { rollout[$0] > 0 }.map { state in
                        (state.rawValue, Cell("\(rollout[state])", style: state.cell.style))
                    }),
            ]
        })
}

extension RolloutHostState {
    fileprivate var cell: Cell {
        switch self {
        case .succeeded: Cell(rawValue, style: .good)
        case .failed, .lost: Cell(rawValue, style: .bad)
        case .stray, .missed, .unfit: Cell(rawValue, style: .warning)
        case .away, .skipped: Cell(rawValue, style: .faint)
        case .pending, .offered, .applying: Cell(rawValue)
        }
    }
}

extension RolloutHostResource {
    static let presentation = Presentation<RolloutHostResource>(
        columns: [
            Column("HOST", mayShrink: true) { Cell($0.hostName.description) },
            Column("STATE") { $0.hostState.cell },
            Column("SEEN") { .age($0.lastSeenAt) },
            Column("STANDS AT") { $0.state.cell },
            Column("WAVE", alignment: .right) { .optional($0.wave.map(String.init)) },
            Column("ATTEMPTS", alignment: .right) { Cell("\($0.attempts)") },
            Column("MISSES", alignment: .right) { Cell("\($0.misses)") },
            Column("UPDATED") { .age($0.updatedAt) },
            Column("DETAILS", mayShrink: true) { .optional($0.message ?? $0.reason) },
            Column("REASON", isWide: true) { .optional($0.reason) },
            Column("JOBS", isWide: true) { .words($0.jobs.map(\.description)) ?? .none },
        ],
        emptyHint: "no such hosts", name: \.hostName.description, details: { _ in [] })
}

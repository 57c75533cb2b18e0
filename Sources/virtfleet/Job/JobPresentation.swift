import CommandLineKit
import FleetModel
import FleetRuntime

extension JobResource {
    var stateCell: Cell {
        let word = state.rawValue
        let text = cancelRequested && !state.isTerminal ? "\(word), cancelling" : word
        switch state {
        case .succeeded: return Cell(text, raw: word, style: .good)
        case .failed, .rejected, .rollbackFailed, .lost: return Cell(text, raw: word, style: .bad)
        case .rolledBack, .cancelled, .expired, .withdrawn, .rollingBack: return Cell(text, raw: word, style: .warning)
        case .planned, .offered, .withdrawing, .expiring, .accepted, .waiting, .staging, .ready, .applying, .verifying:
            return Cell(text, raw: word)
        }
    }

    /// How far a running job is: `2/5 disk, downloading 43 %`.
    var progressText: String? {
        if state.isTerminal { return nil }
        let step = step.map { "\($0.index)/\($0.count) \($0.name)" }
        let progress = progress.map { progress in
            "\(progress.activity) \(Int(progress.percent)) %"
                + (progress.bytesPerSecond.map { ", \(HumanText.bytes(UInt64(max(0, $0))))/s" } ?? "")
        }
        let parts = [step, progress].compactMap { $0 }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }

    /// What the job is about, in a word: the name it makes, or the VM.
    private var subject: String? { arguments["name"]?.stringValue ?? arguments["vm"]?.stringValue }

    private var explanation: String? { message ?? reason ?? progressText }

    static let presentation = Presentation<JobResource>(
        columns: [
            Column("JOB") { Cell($0.id.description) },
            Column("KIND") { Cell($0.kind) },
            Column("HOST", mayShrink: true) { Cell($0.hostName.description) },
            Column("VM", mayShrink: true) { .optional($0.subject) },
            Column("STATE") { $0.stateCell },
            Column("UPDATED") { .age($0.updatedAt) },
            Column("DETAILS", mayShrink: true) { .optional($0.explanation) },
            Column("REASON", isWide: true) { .optional($0.reason) },
            Column("CREATED", isWide: true) { .age($0.createdAt) },
        ],
        emptyHint: "no jobs", name: \.id.description,
        details: { job in
            [
                DetailSection(
                    nil,
                    [
                        ("Job", Cell(job.id.description)), ("Kind", Cell(job.kind)),
                        ("Host", Cell(job.hostName.description)), ("State", job.stateCell),
                        ("Reason", .optional(job.reason)), ("Message", .optional(job.message)),
                        ("Progress", .optional(job.progressText)), ("VM", .optional(job.vm?.description)),
                        ("Policy", .optional(job.policy?.description)),
                        ("Rollout", .optional(job.rollout?.description)),
                        ("Created", .time(job.createdAt)), ("Updated", .age(job.updatedAt)),
                        ("Expires", .time(job.expiresAt)),
                    ]), DetailSection("Arguments", job.arguments.flattened()),
            ] + (job.conditions?.details ?? []) + (job.result?.details ?? [])
        })
}

extension JobConditions {
    fileprivate var details: [DetailSection] {
        let times = (windows ?? []).enumerated().map { ("Time \($0 + 1)", Cell($1.text)) }
        let words = (requirements ?? []).map(\.description)
        return [
            DetailSection(
                "May start",
                [
                    ("Not before", notBefore.map(Cell.time) ?? .none), ("Window", .optional(window?.description)),
                    ("Force after", .optional(forceAfter.map { "\($0) missed" })),
                    ("Requires", .words(words) ?? .none),
                    ("Notice", .optional(notice?.text)),
                ] + times)
        ]
    }
}

extension JobNotice {
    fileprivate var text: String {
        "\(HumanText.duration(.seconds(seconds))), \(deferrals == 0 ? "no" : "\(deferrals)") deferrals"
    }
}

extension JobResult {
    fileprivate var details: [DetailSection] {
        switch self {
        case .command(let result): result.details
        case .export(let export):
            [
                DetailSection(
                    "Export",
                    [
                        ("VM", Cell(export.name)), ("Directory", Cell(export.directory)),
                        ("Size", .bytes(export.sizeBytes)), ("Digest", Cell(export.digest.description)),
                    ])
            ]
        }
    }
}

extension GuestCommandResult {
    fileprivate var details: [DetailSection] {
        let end = exitStatus.map { "\($0)" } ?? signal.map { "signal \($0)" }
        func section(_ title: String, _ text: String) -> [DetailSection] {
            let lines = text.split(separator: /\r?\n/, omittingEmptySubsequences: false)
            let shown = lines.last?.isEmpty == true ? lines.dropLast() : lines[...]
            return shown.isEmpty
                ? [] : [DetailSection(title, shown.enumerated().map { ("\($0 + 1)", Cell(String($1))) })]
        }
        let left = isCut ? ", its end" : ""
        return [DetailSection("In the guest", [("Ended with", .optional(end))])]
            + section("Output\(left)", output) + section("Errors\(left)", errorOutput)
    }
}

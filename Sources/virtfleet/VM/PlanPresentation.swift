import CommandLineKit
import FleetModel

extension HostFit {
    var answerCell: Cell {
        switch answer {
        case .fits: Cell(answer.rawValue, style: .good)
        case .fitsAfterStops: Cell(answer.rawValue, style: .warning)
        case .doesNotFit: Cell(answer.rawValue, style: .bad)
        case .unknown: Cell(answer.rawValue, style: .faint)
        }
    }
}

extension HostPlanResource {
    static let presentation = Presentation<HostPlanResource>(
        columns: [
            Column("HOST") { Cell($0.hostName.description) },
            Column("ANSWER") { $0.fit?.answerCell ?? .none },
            Column("WHY", mayShrink: true) { .optional($0.fit?.obstacles.first?.reason) },
            Column("NEAREST FIX", mayShrink: true) { .optional($0.fit?.nearestFix) },
        ],
        emptyHint: "", name: \.hostName.description,
        details: { resource in
            [
                DetailSection(
                    nil,
                    [
                        ("Host", Cell(resource.hostName.description)),
                        ("State", resource.hostState.inWords(seen: resource.lastSeenAt)),
                    ] + resource.answer + resource.warnings)
            ]
        })

    private var answer: [(String, Cell)] {
        guard let fit else { return [] }
        let name = plan.vms.first { $0.id == vm }?.name ?? ""
        return [("VM", Cell(name)), ("Answer", fit.answerCell)]
            + fit.obstacles.flatMap { [("Obstacle", Cell($0.reason))] + Self.fix($0.fix) }
            + (fit.stops.isEmpty ? [] : [("Nearest fix", .optional(fit.nearestFix))])
    }

    private static func fix(_ text: String?) -> [(String, Cell)] { text.map { [("  fix", Cell($0))] } ?? [] }

    private var warnings: [(String, Cell)] {
        (plan.warnings + plan.vms.flatMap { vm in vm.warnings.map { "\(vm.name): \($0)" } })
            .map { ("Warning", Cell($0, style: .warning)) }
    }
}

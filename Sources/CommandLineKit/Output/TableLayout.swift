import Drawing

/// Lines up columns. Widths only grow, so that rows printed later stand under the earlier ones.
struct TableLayout<Item: Sendable> {
    private static var gap: String { "  " }
    private static var narrowest: Int { 8 }

    let columns: [Column<Item>]
    /// Columns of the terminal; nil for no limit.
    let width: Int?
    let usesColor: Bool
    private var widths: [Int]

    init(columns: [Column<Item>], width: Int?, usesColor: Bool) {
        self.columns = columns
        self.width = width
        self.usesColor = usesColor
        widths = columns.map { _ in 0 }
    }

    mutating func text(_ items: [Item], headers: Bool) -> String {
        if items.isEmpty { return "" }
        let rows = items.map { item in columns.map { $0.cell(item) } }
        fit(rows, headers: headers)
        let head = headers ? [line(columns.map { Cell($0.title) }, isHeader: true)] : []
        return (head + rows.map { line($0, isHeader: false) }).map { $0 + "\n" }.joined()
    }

    func details(_ sections: [DetailSection]) -> String {
        sections.filter { !$0.fields.isEmpty }.map { section in
            let labels = section.fields.map(\.label.withoutControls)
            let labelWidth = labels.map(\.terminalWidth).max() ?? 0
            let indent = section.title == nil ? "" : "  "
            let title = section.title.map { Ink.bold($0, usesColor) + "\n" } ?? ""
            return title
                + zip(labels, section.fields).map { label, field in
                    let padding = String(repeating: " ", count: labelWidth - label.terminalWidth)
                    let value = Ink.styled(field.cell.text.withoutControls, field.cell.style, usesColor)
                    return "\(indent)\(label):\(padding)\(Self.gap)\(value)\n"
                }.joined()
        }.joined(separator: "\n")
    }

    private mutating func fit(_ rows: [[Cell]], headers: Bool) {
        for (index, column) in columns.enumerated() {
            let widest = rows.map { $0[index].text.withoutControls.terminalWidth }.max() ?? 0
            widths[index] = max(widths[index], widest, headers ? column.title.terminalWidth : 0)
        }
        guard let width else { return }
        let gaps = Self.gap.count * (columns.count - 1)
        while widths.reduce(gaps, +) > width {
            let shrinkable = columns.indices.filter { columns[$0].mayShrink && widths[$0] > Self.narrowest }
            guard let widest = shrinkable.max(by: { widths[$0] < widths[$1] }) else { return }
            widths[widest] -= 1
        }
    }

    private func line(_ cells: [Cell], isHeader: Bool) -> String {
        var result = ""
        for (index, cell) in cells.enumerated() {
            let text = cell.text.withoutControls.truncated(to: widths[index])
            let padding = String(repeating: " ", count: max(0, widths[index] - text.terminalWidth))
            let inked = isHeader ? Ink.bold(text, usesColor) : Ink.styled(text, cell.style, usesColor)
            let isLast = index == cells.count - 1
            switch columns[index].alignment {
            case .left: result += inked + (isLast ? "" : padding + Self.gap)
            case .right: result += padding + inked + (isLast ? "" : Self.gap)
            }
        }
        return result
    }
}

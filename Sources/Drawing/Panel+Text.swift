extension Panel {
    /// The picture for a terminal.
    /// - Parameters:
    ///   - width: columns of the terminal.
    ///   - ascii: without box-drawing and other characters beyond ASCII.
    public func text(width: Int, ascii: Bool, usesColor: Bool) -> String {
        let layout = PanelLayout(self, available: width)
        var canvas = TextCanvas(width: layout.width, height: layout.height, border: ascii ? .ascii : .unicode)
        for panel in layout.panels { canvas.draw(panel) }
        return canvas.text(ascii: ascii, usesColor: usesColor)
    }
}

private struct TextCanvas {
    struct Border {
        let horizontal, vertical, topLeft, topRight, bottomLeft, bottomRight: Character
        static let unicode = Border(
            horizontal: "─", vertical: "│", topLeft: "┌", topRight: "┐", bottomLeft: "└", bottomRight: "┘")
        static let ascii = Border(
            horizontal: "-", vertical: "|", topLeft: "+", topRight: "+", bottomLeft: "+", bottomRight: "+")
    }

    private struct Spot {
        /// nil behind a character that is two columns wide.
        var character: Character? = " "
        var tone = Tone.plain
        var isBold = false
    }

    private let border: Border
    private var spots: [[Spot]]

    init(width: Int, height: Int, border: Border) {
        self.border = border
        spots = Array(repeating: Array(repeating: Spot(), count: width), count: height)
    }

    mutating func draw(_ panel: PlacedPanel) {
        let (left, top) = (panel.column, panel.row)
        let (right, bottom) = (left + panel.width - 1, top + panel.height - 1)
        for column in left...right {
            put(border.horizontal, column, top, panel.tone)
            put(border.horizontal, column, bottom, panel.tone)
        }
        for row in top...bottom {
            put(border.vertical, left, row, panel.tone)
            put(border.vertical, right, row, panel.tone)
        }
        put(border.topLeft, left, top, panel.tone)
        put(border.topRight, right, top, panel.tone)
        put(border.bottomLeft, left, bottom, panel.tone)
        put(border.bottomRight, right, bottom, panel.tone)
        let title = panel.visibleTitle
        if !title.isEmpty { write(" \(title) ", left + 1, top, panel.tone, isBold: true) }
        for (index, line) in panel.lines.enumerated() {
            let (text, note) = panel.visible(line)
            let row = top + 1 + index
            write(text, left + 2, row, line.note.isEmpty ? line.tone : .plain)
            write(note, right - 1 - note.terminalWidth, row, line.tone)
        }
    }

    func text(ascii: Bool, usesColor: Bool) -> String {
        spots.map { row in
            var line = ""
            var run = ""
            var ink = Spot()
            func inked() -> String {
                let styled = run.allSatisfy(\.isWhitespace) ? run : Ink.styled(run, ink.tone, usesColor)
                return ink.isBold ? Ink.bold(styled, usesColor) : styled
            }
            for spot in row {
                guard let character = spot.character else { continue }
                if spot.tone != ink.tone || spot.isBold != ink.isBold {
                    line += inked()
                    run = ""
                    ink = spot
                }
                run.append(contentsOf: ascii ? Self.ascii(character) : String(character))
            }
            return line + inked() + "\n"
        }.joined()
    }

    private mutating func write(_ text: String, _ column: Int, _ row: Int, _ tone: Tone, isBold: Bool = false) {
        var column = column
        for character in text {
            let width = character.terminalWidth
            put(character, column, row, tone, isBold: isBold)
            for covered in 1..<max(width, 1) { put(nil, column + covered, row, tone, isBold: isBold) }
            column += max(width, 1)
        }
    }

    private mutating func put(
        _ character: Character?, _ column: Int, _ row: Int, _ tone: Tone, isBold: Bool = false
    ) {
        guard spots.indices.contains(row), spots[row].indices.contains(column) else { return }
        spots[row][column] = Spot(character: character, tone: tone, isBold: isBold)
    }

    /// The nearest that ASCII has, of the same width.
    private static func ascii(_ character: Character) -> String {
        if character.isASCII { return String(character) }
        let known: [Character: String] = ["…": "~", "·": "-", "–": "-", "×": "x", "→": ">", "≥": ">"]
        return known[character] ?? String(repeating: "?", count: max(1, character.terminalWidth))
    }
}

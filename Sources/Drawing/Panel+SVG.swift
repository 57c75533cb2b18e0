import FleetRuntime

extension Panel {
    /// The picture as a document of its own (https://www.w3.org/TR/SVG11/), for a browser or an image viewer.
    /// - Parameter width: how wide the text may become, in characters.
    public func svg(width: Int) -> String {
        let layout = PanelLayout(self, available: width)
        var canvas = SVGCanvas()
        return canvas.document(layout, title: title)
    }
}

private struct SVGCanvas {
    /// Pixels of a character cell.
    private static let cellWidth = 8
    private static let cellHeight = 18
    private static let edge = 12
    private static let fontSize = 13

    private var writer = XMLWriter()

    mutating func document(_ layout: PanelLayout, title: String) -> String {
        let width = layout.width * Self.cellWidth + 2 * Self.edge
        let height = layout.height * Self.cellHeight + 2 * Self.edge
        writer.element(
            "svg",
            [
                "xmlns": "http://www.w3.org/2000/svg", "width": "\(width)", "height": "\(height)",
                "viewBox": "0 0 \(width) \(height)", "font-family": "ui-monospace, DejaVu Sans Mono, monospace",
                "font-size": "\(Self.fontSize)",
            ]
        ) { writer in
            writer.element("title", text: title)
            writer.element("rect", ["width": "100%", "height": "100%", "fill": "#ffffff"])
            for panel in layout.panels { Self.draw(panel, to: &writer) }
        }
        return writer.text
    }

    private static func draw(_ panel: PlacedPanel, to writer: inout XMLWriter) {
        // Half a cell inside its place, where the terminal's lines run.
        let left = x(panel.column) + cellWidth / 2
        let top = y(panel.row) + cellHeight / 2
        writer.element(
            "rect",
            [
                "x": "\(left)", "y": "\(top)", "width": "\((panel.width - 1) * cellWidth)",
                "height": "\((panel.height - 1) * cellHeight)", "rx": "5", "fill": fill(panel.tone),
                "stroke": stroke(panel.tone),
            ])
        let title = panel.visibleTitle
        if !title.isEmpty {
            let width = title.terminalWidth
            writer.element(
                "rect",
                [
                    "x": "\(x(panel.column + 1) + cellWidth / 2)", "y": "\(y(panel.row))",
                    "width": "\((width + 1) * cellWidth)", "height": "\(cellHeight)", "fill": fill(panel.tone),
                ])
            text(title, panel.column + 2, panel.row, ink(panel.tone), isBold: true, to: &writer)
        }
        for (index, line) in panel.lines.enumerated() { draw(line, index, of: panel, to: &writer) }
    }

    private static func draw(_ line: Panel.Line, _ index: Int, of panel: PlacedPanel, to writer: inout XMLWriter) {
        let (shown, note) = panel.visible(line)
        let row = panel.row + 1 + index
        writer.element("g") { writer in
            if let hint = line.hint { writer.element("title", text: hint) }
            text(shown, panel.column + 2, row, line.note.isEmpty ? ink(line.tone) : ink(.plain), to: &writer)
            let start = panel.column + panel.width - 2 - note.terminalWidth
            text(note, start, row, ink(line.tone), isBold: true, to: &writer)
        }
    }

    private static func text(
        _ text: String, _ column: Int, _ row: Int, _ color: String, isBold: Bool = false, to writer: inout XMLWriter
    ) {
        if text.isEmpty { return }
        writer.element(
            "text",
            [
                "x": "\(x(column))", "y": "\(y(row) + cellHeight - 5)", "fill": color,
                "font-weight": isBold ? "bold" : nil, "textLength": "\(text.terminalWidth * cellWidth)",
                "lengthAdjust": "spacingAndGlyphs",
            ], text: text)
    }

    private static func x(_ column: Int) -> Int { edge + column * cellWidth }
    private static func y(_ row: Int) -> Int { edge + row * cellHeight }

    /// Dark enough to be read on the fill (WCAG contrast above 4.5).
    private static func ink(_ tone: Tone) -> String {
        switch tone {
        case .plain: "#1f2933"
        case .good: "#11663a"
        case .warning: "#8a4b00"
        case .bad: "#a61b1b"
        case .faint: "#5b6b7a"
        }
    }

    private static func stroke(_ tone: Tone) -> String {
        switch tone {
        case .plain: "#7b8794"
        case .good: "#2f9e64"
        case .warning: "#d98e1f"
        case .bad: "#d64545"
        case .faint: "#cbd2d9"
        }
    }

    private static func fill(_ tone: Tone) -> String {
        switch tone {
        case .plain: "#fbfcfd"
        case .good: "#eef9f2"
        case .warning: "#fff6e6"
        case .bad: "#fdeeee"
        case .faint: "#f5f7fa"
        }
    }
}

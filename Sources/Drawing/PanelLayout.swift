/// A box with its place on a grid of character cells.
struct PlacedPanel: Equatable {
    var title: String
    var tone: Tone
    var lines: [Panel.Line]
    var column: Int
    var row: Int
    var width: Int
    var height: Int
}

/// A panel and everything inside it, placed; outer boxes before inner ones.
struct PanelLayout: Equatable {
    private(set) var panels: [PlacedPanel]
    let width: Int
    let height: Int

    /// Border and one blank at either side.
    private static let margin = 2
    private static let gap = 1

    /// - Parameter available: how wide it may be, in cells. What does not fit is cut with an ellipsis.
    init(_ panel: Panel, available: Int) {
        let available = max(available, Self.narrowest(panel))
        let inner = available - 2 * Self.margin
        let inside =
            switch panel.arrangement {
            case .flow: Self.flow(panel.children, inner)
            case .columns(let least): Self.columns(panel.children, inner, least)
            }
        let texts = panel.lines.map { $0.text.terminalWidth + ($0.note.isEmpty ? 0 : $0.note.terminalWidth + 2) }
        let content = max(panel.title.terminalWidth + 2, texts.max() ?? 0, inside.width)
        width = panel.arrangement == .flow ? min(available, content + 2 * Self.margin) : available
        height = 2 + panel.lines.count + inside.height
        panels = [
            PlacedPanel(
                title: panel.title, tone: panel.tone, lines: panel.lines, column: 0, row: 0, width: width,
                height: height)
        ]
        panels += Self.moved(inside.panels, by: (Self.margin, 1 + panel.lines.count))
    }

    /// Room for a few characters in the innermost box.
    private static func narrowest(_ panel: Panel) -> Int {
        max(8, (panel.children.map(narrowest).max() ?? 0) + 2 * margin)
    }

    private typealias Group = (panels: [PlacedPanel], width: Int, height: Int)

    private static func flow(_ children: [Panel], _ available: Int) -> Group {
        var placed: Group = ([], 0, 0)
        var column = 0
        var row = 0
        for child in children {
            let layout = PanelLayout(child, available: available)
            if column > 0, column + layout.width > available {
                column = 0
                row = placed.height
            }
            placed.panels += moved(layout.panels, by: (column, row))
            column += layout.width + gap
            placed.width = max(placed.width, column - gap)
            placed.height = max(placed.height, row + layout.height)
        }
        return placed
    }

    /// Each box goes to the column that is shortest so far.
    private static func columns(_ children: [Panel], _ available: Int, _ least: Int) -> Group {
        guard !children.isEmpty else { return ([], 0, 0) }
        let narrowest = children.map(narrowest).max() ?? 0
        let count = max(1, min(children.count, (available + gap) / (max(least, narrowest) + gap)))
        let width = (available - (count - 1) * gap) / count
        var heights = [Int](repeating: 0, count: count)
        var placed: [PlacedPanel] = []
        for child in children {
            let layout = PanelLayout(child, available: width)
            let shortest = heights.indices.min { heights[$0] < heights[$1] } ?? 0
            var panels = layout.panels
            panels[0].width = width
            placed += moved(panels, by: (shortest * (width + gap), heights[shortest]))
            heights[shortest] += layout.height
        }
        return (placed, available, heights.max() ?? 0)
    }

    private static func moved(_ panels: [PlacedPanel], by offset: (column: Int, row: Int)) -> [PlacedPanel] {
        panels.map { panel in
            var panel = panel
            panel.column += offset.column
            panel.row += offset.row
            return panel
        }
    }
}

extension PlacedPanel {
    /// The room for text beside the border.
    private var textWidth: Int { max(0, width - 4) }

    /// The title as far as there is room.
    var visibleTitle: String { title.truncated(to: max(0, width - 4)) }

    /// A line as far as there is room: the note first, the text in what is left.
    func visible(_ line: Panel.Line) -> (text: String, note: String) {
        let note = line.note.truncated(to: textWidth)
        let room = textWidth - (note.isEmpty ? 0 : note.terminalWidth + 1)
        return (room > 0 ? line.text.truncated(to: room) : "", note)
    }
}

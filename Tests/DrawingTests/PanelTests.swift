import FleetRuntime
import FleetTestSupport
import Testing

@testable import Drawing

@Suite struct PanelTests {
    private let picture = Panel(
        "machine", lines: [Panel.Line("two packages", tone: .faint)],
        children: (0..<2).map { package in
            Panel(
                "package \(package)",
                children: (0..<6).map { Panel("core \($0)", lines: [Panel.Line("\($0) \($0 + 6)")]) })
        })

    private let map = Panel(
        "groups",
        children: [
            Panel(
                "group 1", tone: .good,
                lines: [
                    Panel.Line(
                        "01:00.0 a display controller with a long name", note: "pass", tone: .good, hint: "<alone>")
                ]),
            Panel("group 2", tone: .warning, lines: [Panel.Line("02:00.0 電源", note: "with 1 more", tone: .warning)]),
            Panel("group 3", lines: [Panel.Line("a\u{1B}[31mb\nc")]),
        ], arrangement: .columns(atLeast: 24))

    @Test(arguments: [30, 60, 100]) func boxesFillTheWidthThatIsThere(width: Int) throws {
        let text = picture.text(width: width, ascii: false, usesColor: false)
        #expect(text.split(separator: "\n").allSatisfy { String($0).terminalWidth <= width })
        #expect(try GoldenFile("topology-\(width).txt").difference(from: text) == nil)
    }

    @Test(arguments: [20, 58, 90]) func columnsShareTheWidth(width: Int) throws {
        let text = map.text(width: width, ascii: false, usesColor: false)
        #expect(text.split(separator: "\n").allSatisfy { String($0).terminalWidth == width })
        #expect(try GoldenFile("groups-\(width).txt").difference(from: text) == nil)
    }

    @Test func asciiIsASCIIAndOfTheSameShape() throws {
        let ascii = map.text(width: 58, ascii: true, usesColor: false)
        #expect(ascii.allSatisfy { $0.isASCII })
        let unicode = map.text(width: 58, ascii: false, usesColor: false)
        #expect(
            ascii.split(separator: "\n").map { String($0).terminalWidth }
                == unicode.split(separator: "\n").map { String($0).terminalWidth })
    }

    @Test func colourIsThereWhenItIsWantedAndNothingElseOfATerminal() {
        let text = map.text(width: 58, ascii: false, usesColor: true)
        #expect(text.contains("\u{1B}[32mpass\u{1B}[0m"))
        #expect(!map.text(width: 58, ascii: false, usesColor: false).contains("\u{1B}"))
    }

    @Test func aPictureIsAnSVGDocument() throws {
        #expect(try GoldenFile("groups.svg").difference(from: map.svg(width: 60)) == nil)
    }

    @Test func anyWidthIsWideEnough() {
        for width in -1...20 {
            #expect(!picture.text(width: width, ascii: false, usesColor: false).isEmpty)
            #expect(!map.svg(width: width).isEmpty)
        }
    }

    /// Seeded: boxes stay inside the box around them and never touch a neighbour.
    @Test func boxesNeverOverlap() {
        for seed in UInt64(0)..<200 {
            var generator = SeededGenerator(seed: seed)
            let panel = randomPanel(depth: 3, &generator)
            let layout = PanelLayout(panel, available: .random(in: 8...120, using: &generator))
            for (index, outer) in layout.panels.enumerated() {
                #expect(outer.column >= 0 && outer.column + outer.width <= layout.width, "seed \(seed)")
                for inner in layout.panels[(index + 1)...] {
                    let beside =
                        inner.column >= outer.column + outer.width || outer.column >= inner.column + inner.width
                        || inner.row >= outer.row + outer.height || outer.row >= inner.row + inner.height
                    let inside =
                        inner.column > outer.column && inner.row > outer.row
                        && inner.column + inner.width < outer.column + outer.width
                        && inner.row + inner.height < outer.row + outer.height
                    #expect(beside || inside, "seed \(seed)")
                }
            }
        }
    }

    private func randomPanel(depth: Int, _ generator: inout SeededGenerator) -> Panel {
        let lines = (0..<Int.random(in: 0...3, using: &generator)).map { _ in
            Panel.Line(String(repeating: "x", count: .random(in: 0...40, using: &generator)))
        }
        var children: [Panel] = []
        if depth > 0 {
            for _ in 0..<Int.random(in: 0...4, using: &generator) {
                children.append(randomPanel(depth: depth - 1, &generator))
            }
        }
        return Panel(
            "title", lines: lines, children: children,
            arrangement: Bool.random(using: &generator)
                ? .flow : .columns(atLeast: .random(in: 1...40, using: &generator)))
    }
}

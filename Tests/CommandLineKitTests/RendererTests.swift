import FleetRuntime
import CommandLineKit
import FleetTestSupport
import FoundationEssentials
import Testing

@Suite struct RendererTests {
    struct Machine: Codable, Sendable {
        var name: String
        var state: String
        var memoryBytes: UInt64
        var note: String?
        var labels: [String: String] = [:]
        var disks: [[String]] = []
    }

    static let machines = [
        Machine(name: "anna", state: "online", memoryBytes: 16 << 30, note: "front desk, left", labels: ["site": "no"]),
        Machine(name: "büro-日本", state: "offline", memoryBytes: 1 << 20, note: "says \"hi\"\nand more"),
        Machine(
            name: "e\u{301}lan-👩‍💻", state: "online", memoryBytes: 0, note: nil,
            disks: [["a", "b"], [], ["1e3"]]),
        Machine(name: "evil\u{1B}[2J", state: "unknown", memoryBytes: 7, note: "\u{202E}gnp.exe"),
    ]

    static let presentation = Presentation<Machine>(
        columns: [
            Column("NAME", mayShrink: true) { Cell($0.name) },
            Column("STATE") { Cell($0.state, style: $0.state == "online" ? .good : .warning) },
            Column("MEMORY", alignment: .right) {
                Cell(HumanText.bytes($0.memoryBytes), raw: "\($0.memoryBytes)")
            },
            Column("NOTE", isWide: true, mayShrink: true) { $0.note.map { Cell($0) } ?? .none },
        ], emptyHint: "no machines yet", name: \.name,
        details: { machine in
            [
                DetailSection(nil, [("Name", Cell(machine.name)), ("State", Cell(machine.state, style: .good))]),
                DetailSection("Memory", [("Size", Cell(HumanText.bytes(machine.memoryBytes)))]),
                DetailSection("Labels", machine.labels.map { ($0.key, Cell($0.value)) }),
            ]
        })

    @Test(arguments: OutputFormat.allCases) func everyFormatIsAsWritten(_ format: OutputFormat) throws {
        var list = Renderer(Self.presentation, format: format)
        var text = "# list\n" + (try list.text(.list(Self.machines)))
        text += "# one\n" + (try list.text(.one(Self.machines[0])))
        text += "# next\n" + (try list.text(.next(Self.machines[1])))
        var bare = Renderer(Self.presentation, format: format, headers: false)
        text += "# without headers\n" + (try bare.text(.list([Self.machines[0]])))
        text += "# nothing\n" + (try bare.text(.list([])))
        let difference = try GoldenFile("output-\(format).txt").difference(from: text)
        #expect(difference == nil)
        #expect(!text.contains("\u{1B}"), "a name must not reach the terminal as a command")
        #expect(!text.contains("\u{202E}"), "nor turn the line around")
    }

    /// Other people's parsers read back what was written.
    @Test func jsonAndCSVAreReadByPython() async throws {
        let directory = try TemporaryDirectory()
        for format in [OutputFormat.json, .csv] {
            var renderer = Renderer(Self.presentation, format: format)
            try Data(try renderer.text(.list(Self.machines)).utf8)
                .write(to: URL(filePath: directory.file("\(format)")))
        }
        let json = try await shell("python3 -c 'import json;print(json.load(open(\"\(directory.file("json"))\")))'")
        #expect(json.contains(#"'note': 'says "hi"\nand more'"#))
        #expect(json.contains(#"'name': 'evil\x1b[2J'"#))
        let csv = try await shell("python3 -c 'import csv;print(list(csv.reader(open(\"\(directory.file("csv"))\"))))'")
        #expect(csv.contains(#"['anna', 'online', '17179869184', 'front desk, left']"#))
        #expect(csv.contains(#"'says "hi"\nand more'"#))
    }

    @Test func aNarrowTerminalCutsWhatMayBeCut() throws {
        var machine = Self.machines[0]
        machine.name = "a-very-long-name-of-a-host-in-日本日本日本日本"
        var narrow = Renderer(Self.presentation, format: .table, width: 40)
        let lines = try narrow.text(.list([machine])).split(separator: "\n")
        #expect(lines.last == "a-very-long-name-of-a-h…  online  16 GiB")
        var wide = Renderer(Self.presentation, format: .wide, width: 40)
        #expect(try wide.text(.list([machine])).contains(machine.name))
        // What may not be cut overflows rather than vanishes.
        var tiny = Renderer(Self.presentation, format: .table, width: 10)
        #expect(try tiny.text(.list([machine])).contains("a-very-…  online  16 GiB"))
    }

    @Test func colourDoesNotMoveColumns() throws {
        var colored = Renderer(Self.presentation, format: .table, usesColor: true)
        var plain = Renderer(Self.presentation, format: .table)
        let text = try colored.text(.list(Array(Self.machines.prefix(2))))
        #expect(text.contains("\u{1B}[32monline\u{1B}[0m"))
        #expect(text.contains("\u{1B}[1mNAME\u{1B}[0m"))
        let stripped = text.replacing(#/\u{1B}\[\d+m/#, with: "")
        #expect(stripped == (try plain.text(.list(Array(Self.machines.prefix(2))))))
    }

    @Test func emptyTablesGetAHintAndMachineFormatsNone() {
        #expect(Renderer(Self.presentation, format: .table).hint(for: []) == "no machines yet")
        #expect(Renderer(Self.presentation, format: .json).hint(for: []) == nil)
        #expect(Renderer(Self.presentation, format: .table).hint(for: Self.machines) == nil)
    }
}

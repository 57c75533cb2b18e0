import FleetModel
import FoundationEssentials
import Testing

@Suite struct OccurrenceTests {
    private let zero = Date(timeIntervalSince1970: 1_790_000_000)

    private func at(_ start: Double, _ end: Double) -> Occurrence { Occurrence(start: zero + start, end: zero + end) }

    @Test func travelsAsItsStartAndItsEnd() throws {
        let json = String(decoding: try FleetJSON.encode([at(0, 60)]), as: UTF8.self)
        #expect(json == #"[["2026-09-21T14:13:20.000Z","2026-09-21T14:14:20.000Z"]]"#)
        #expect(try FleetJSON.decode([Occurrence].self, from: Data(json.utf8)) == [at(0, 60)])
    }

    @Test(arguments: [
        #"["2026-09-21T14:13:20.000Z"]"#, "[]", "{}",
        #"["2026-09-21T14:13:20.000Z","2026-09-21T14:13:20.000Z"]"#,
        #"["2026-09-21T14:13:20.000Z","2026-09-21T14:13:19.000Z"]"#,
        #"["2026-09-21T14:13:20.000Z","2026-09-21T14:13:21.000Z","2026-09-21T14:13:22.000Z"]"#,
    ])
    func whatIsNoIntervalIsRefused(_ json: String) {
        #expect(throws: DecodingError.self) { try FleetJSON.decode(Occurrence.self, from: Data(json.utf8)) }
    }

    @Test func thoseThatTouchAreOne() {
        #expect([Occurrence]().merged == [])
        #expect([at(10, 20), at(0, 10), at(30, 40)].merged == [at(0, 20), at(30, 40)])
        #expect([at(0, 50), at(10, 20), at(49, 60)].merged == [at(0, 60)])
    }

    @Test func itsEndIsNotInIt() {
        #expect(at(0, 10).contains(zero) && at(0, 10).contains(zero + 9.9))
        #expect(!at(0, 10).contains(zero + 10) && !at(0, 10).contains(zero - 0.1))
    }
}

import FleetTestSupport
import Testing

@testable import FleetClient

@Suite struct ServerSentEventParserTests {
    typealias Event = ServerSentEventParser.Event

    static let cases: [(String, [Event])] = [
        ("id: 7\ndata: {}\n\n", [Event(id: "7", data: "{}")]),
        ("data:a\ndata: b\n\n", [Event(id: nil, data: "a\nb")]),
        (": comment\n\ndata: x\r\n\r\n", [Event(id: nil, data: "x")]),
        ("id: 1\rdata: x\r\rdata: y\r\r", [Event(id: "1", data: "x"), Event(id: "1", data: "y")]),
        ("retry: 2000\nevent: e\nother: 1\nnonsense\n\n", []),
        ("id: 3\n\ndata\n\n", [Event(id: "3", data: "")]),
        ("data: unfinished\n", []),
        ("data: ümläut: with colon\n\n", [Event(id: nil, data: "ümläut: with colon")]),
    ]

    /// However the bytes are cut, the same events come out.
    @Test(arguments: cases) func everyCutGivesTheSameEvents(_ text: String, _ expected: [Event]) throws {
        let bytes = Array(text.utf8)
        for size in 1...max(bytes.count, 1) {
            var parser = ServerSentEventParser()
            var events: [Event] = []
            for start in stride(from: 0, to: bytes.count, by: size) {
                events += try parser.take(Array(bytes[start..<min(start + size, bytes.count)]))
            }
            #expect(events == expected, "in pieces of \(size)")
        }
    }

    @Test func anEndlessLineIsCutOff() {
        var parser = ServerSentEventParser()
        #expect(throws: ServerSentEventParser.Oversized.self) {
            for _ in 0..<10 { _ = try parser.take([UInt8](repeating: 65, count: 1 << 20)) }
        }
    }
}

import FleetModel
import FleetRuntime
import FoundationEssentials
import Testing

@Suite struct FleetJSONTests {
    @Test func `times are RFC 3339 in UTC with milliseconds`() throws {
        let date = Date(timeIntervalSince1970: 1_790_000_000.123)
        #expect(FleetJSON.text(date) == "2026-09-21T14:13:20.123Z")
        #expect(String(decoding: try FleetJSON.encode([date]), as: UTF8.self) == #"["2026-09-21T14:13:20.123Z"]"#)
    }

    @Test(arguments: 1...50 as ClosedRange<UInt64>) func `a time survives exactly`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let milliseconds = Int64.random(in: 0...4_102_444_800_000, using: &random)
        let date = Date(timeIntervalSince1970: Double(milliseconds) / 1000)
        let text = FleetJSON.text(date)
        #expect(FleetJSON.date(text) == date, "seed \(seed): \(text)")
        #expect(FleetJSON.text(date + 0.000_4) == text, "seed \(seed): \(text)")
    }

    @Test(arguments: [
        ("2026-09-21T14:13:20Z", 1_790_000_000.0), ("2026-09-21T14:13:20.5Z", 1_790_000_000.5),
        ("2026-09-21T14:13:20.000Z", 1_790_000_000.0), ("2026-09-21T16:13:20+02:00", 1_790_000_000.0),
    ]) func `other forms of a time are read, too`(text: String, expected: Double) throws {
        #expect(FleetJSON.date(text)?.timeIntervalSince1970 == expected)
    }

    @Test func `times far outside any calendar have a text`() {
        for seconds in [-1e300, -62_135_596_801, 0, 253_402_300_800, 1e300] {
            #expect(FleetJSON.text(Date(timeIntervalSince1970: seconds)).utf8.count == 24)
        }
    }

    @Test(arguments: [
        "", "now", "2026-09-21T14:13:20.Z", "2026-09-21T14:13:20.x", "2026-09-21", "1790000000", "2026-13-41T00:00:00Z",
    ]) func `what is no time is refused`(
        text: String
    ) {
        #expect(FleetJSON.date(text) == nil)
        #expect(throws: DecodingError.self) {
            try FleetJSON.decode([Date].self, from: FleetJSON.encode([text]))
        }
    }

    @Test func `equal values are equal bytes`() throws {
        let labels = (0..<50).map { ("key-\($0)", "value/\($0)") }
        let one = try FleetJSON.encode(Dictionary(uniqueKeysWithValues: labels))
        #expect(try FleetJSON.encode(Dictionary(uniqueKeysWithValues: labels.reversed())) == one)
        #expect(String(decoding: one, as: UTF8.self).contains("value/7"))
    }

    @Test func `unknown fields are ignored`() throws {
        let json = #"{"what":"x","message":"y","later":{"a":[1]}}"#
        #expect(try FleetJSON.decode(HostEvent.self, from: Data(json.utf8)) == HostEvent(what: "x", message: "y"))
    }

    @Test func `any JSON passes through unchanged`() throws {
        let json = #"{"a":[1,-2.5,true,false,null,"x",{}],"b":9007199254740993,"c":[]}"#
        let value = try FleetJSON.decode(JSONValue.self, from: Data(json.utf8))
        #expect(String(decoding: try FleetJSON.encode(value), as: UTF8.self) == json)
        #expect(value["b"] == .integer(9_007_199_254_740_993))
        #expect(
            value["a"]
                == .array([.integer(1), .number(-2.5), .bool(true), .bool(false), .null, .string("x"), .object([:])]))
        #expect(value["nothing"] == nil)
    }

    @Test(arguments: [[0xFF, 0xFE], Array("{".utf8), [], Array("[1".utf8)] as [[UInt8]])
    func `broken bytes are refused`(
        bytes: [UInt8]
    ) {
        #expect(throws: (any Error).self) { try FleetJSON.decode(JSONValue.self, from: Data(bytes)) }
    }

    /// A host may send anything; what it sends must not exhaust the reader's stack.
    @Test func `deep nesting is refused`() {
        let deep = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
        #expect(throws: (any Error).self) { try FleetJSON.decode(JSONValue.self, from: Data(deep.utf8)) }
    }
}

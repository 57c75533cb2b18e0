import FleetModel
import FleetRuntime
import FoundationEssentials
import Testing

@Suite struct IdentifierTests {
    @Test(arguments: [
        "", "x", "1b4e28ba-2fa1-41d2-883f-0016d3cca42", "1b4e28ba-2fa1-41d2-883f-0016d3cca427 ",
        "1b4e28ba2fa141d2883f0016d3cca427", "zb4e28ba-2fa1-41d2-883f-0016d3cca427", "+", "#", "a/b",
    ]) func `what is no UUID is no host`(text: String) {
        #expect(HostID(text) == nil)
    }

    @Test func `a UUID has one form`() throws {
        let id = try #require(HostID("1B4E28BA-2FA1-41D2-883F-0016D3CCA427"))
        #expect(id.description == "1b4e28ba-2fa1-41d2-883f-0016d3cca427")
        #expect(HostID(id.description) == id)
        #expect(
            try FleetJSON.decode([VMID: Int].self, from: FleetJSON.encode([VMID(id.uuid): 1])) == [VMID(id.uuid): 1])
    }

    @Test func `a UUID is read and written as Foundation does`() {
        for _ in 0..<1000 {
            let uuid = UUID()
            #expect(HostID(uuid).description == uuid.uuidString.lowercased())
            #expect(HostID(uuid.uuidString)?.uuid == uuid)
        }
    }

    /// The ULID specification: the largest is 7ZZZ..., letters are read in either case, I, L, O and U are not among them.
    @Test func `a job's identity is a ULID`() {
        #expect(JobID("01ARZ3NDEKTSV4RRFFQ69G5FAV")?.description == "01ARZ3NDEKTSV4RRFFQ69G5FAV")
        #expect(JobID("01arz3ndektsv4rrffq69g5fav") == JobID("01ARZ3NDEKTSV4RRFFQ69G5FAV"))
        #expect(JobID("7ZZZZZZZZZZZZZZZZZZZZZZZZZ") != nil)
        for text in [
            "", "8ZZZZZZZZZZZZZZZZZZZZZZZZZ", "01ARZ3NDEKTSV4RRFFQ69G5FA", "01ARZ3NDEKTSV4RRFFQ69G5FAVV",
            "01ARZ3NDEKTSV4RRFFQ69G5FAI", "01ARZ3NDEKTSV4RRFFQ69G5FAL", "01ARZ3NDEKTSV4RRFFQ69G5FAO",
            "01ARZ3NDEKTSV4RRFFQ69G5FAU", "01ARZ3NDEKTSV4RRFFQ69G5FA-", "01ARZ3NDEKTSV4RRFFQ69G5FA\u{131}",
        ] { #expect(JobID(text) == nil, "\(text)") }
    }

    @Test func `a ULID carries its time, and sorts by it`() {
        var random = SeededGenerator(seed: 1)
        // The time of the specification's own example.
        #expect(JobID(milliseconds: 1_469_922_850_259, using: &random).description.hasPrefix("01ARZ3NDEK"))
        #expect(JobID(milliseconds: 0, using: &random).description.hasPrefix("0000000000"))
        #expect(JobID(milliseconds: (1 << 48) - 1, using: &random).description.hasPrefix("7ZZZZZZZZZ"))
        #expect(JobID(milliseconds: .max, using: &random).description.hasPrefix("7ZZZZZZZZZ"))
        let ids = (0..<1000).map { JobID(milliseconds: UInt64($0) << 20, using: &random) }
        #expect(ids == ids.sorted())
        #expect(Set(ids).count == ids.count)
        #expect(ids.allSatisfy { JobID($0.description) == $0 })
    }

    @Test(arguments: [
        ("a", true), ("plant-7", true), (String(repeating: "a", count: 32), true), ("", false),
        ("7a", false), ("A", false), ("-a", false), ("a/b", false), ("a+", false), ("a#", false), ("é", false),
        (String(repeating: "a", count: 33), false),
    ]) func `a fleet's name is one topic level`(text: String, good: Bool) {
        #expect((FleetName(text) != nil) == good)
    }

    @Test(arguments: [
        ("a", true), ("Win11-office_2.1", true), ("7", true), (String(repeating: "a", count: 63), true),
        ("", false), (".", false), ("..", false), ("-a", false), ("a/b", false), ("a b", false), ("a\n", false),
        ("a\0", false), ("é", false), (String(repeating: "a", count: 64), false),
    ])
    func `a name is safe in paths, URLs and XML`(text: String, good: Bool) {
        #expect((ResourceName(text) != nil) == good)
    }

    @Test func `a digest is 64 lowercase digits`() {
        let text = String(repeating: "0a", count: 32)
        #expect(Digest(text)?.description == text)
        #expect(Digest(bytes: [UInt8](repeating: 0x0A, count: 32))?.description == text)
        #expect(Digest(bytes: [UInt8](repeating: 0, count: 31)) == nil)
        for bad in ["", text.uppercased(), String(text.dropLast()), text + "0", String(text.dropLast()) + "g"] {
            #expect(Digest(bad) == nil)
        }
    }

    @Test func `a bad identifier in JSON says what was expected`() {
        let error = #expect(throws: DecodingError.self) {
            try FleetJSON.decode([HostID].self, from: Data(#"["x"]"#.utf8))
        }
        #expect("\(error!)".contains("a UUID such as"))
    }
}

import FleetModel
import Testing

@Suite struct LocalTimeTests {
    @Test(arguments: ["2026-01-05T22:00", "2028-02-29T00:00", "1970-01-01T00:00", "2199-12-31T23:59"])
    func isWrittenAsItIsRead(_ text: String) throws {
        #expect(try #require(LocalTime(text)).description == text)
    }

    @Test(arguments: [
        "", "2026-01-05", "2026-01-05T22", "2026-01-05 22:00", "2026-1-5T22:00", "2026-01-05T22:00Z",
        "2026-13-01T00:00",
        "2026-00-01T00:00", "2026-02-29T00:00", "2100-02-29T00:00", "2026-04-31T00:00", "2026-01-01T24:00",
        "2026-01-01T00:60", "1969-12-31T23:59", "2200-01-01T00:00", "-026-01-01T00:00", "2026-01-01T+1:00",
        "\u{0662}026-01-01T00:00",
    ])
    func whatNoCalendarHasIsNone(_ text: String) {
        #expect(LocalTime(text) == nil)
    }
}

@Suite struct JobRequirementTests {
    @Test(arguments: ["power", "idle", "network", "user", "disk=1", "disk=1073741824"])
    func isWrittenAsItIsRead(_ text: String) throws {
        #expect(try #require(JobRequirement(text)).description == text)
    }

    @Test(arguments: [
        "", "Power", "disk", "disk=", "disk=0", "disk=01", "disk=-1", "disk=1.5", "disk=1073741825", "moon",
    ])
    func whatIsNotKnownIsNone(_ text: String) {
        #expect(JobRequirement(text) == nil)
    }
}

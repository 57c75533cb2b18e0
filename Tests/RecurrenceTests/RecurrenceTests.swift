import FleetModel
import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import Recurrence
import Subprocess
import Testing

@Suite struct RecurrenceTests {
    /// Local starts in Europe/Berlin, as UTC.
    @Test(arguments: [
        // Clocks go from 02:00 to 03:00 on March 29th: 02:30 counts as if they had not, which is 03:30.
        (
            "FREQ=DAILY", "2026-03-28T02:30",
            ["2026-03-28T01:30:00Z", "2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z"]
        ),
        // They go from 03:00 to 02:00 on October 25th: 02:30 is the first of both.
        (
            "FREQ=DAILY", "2026-10-24T02:30",
            ["2026-10-24T00:30:00Z", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]
        ),
        ("FREQ=DAILY", "2026-10-24T03:00", ["2026-10-24T01:00:00Z", "2026-10-25T02:00:00Z", "2026-10-26T02:00:00Z"]),
        (
            "FREQ=WEEKLY;BYDAY=SA,SU;BYHOUR=22", "2026-03-27T22:00",
            ["2026-03-28T21:00:00Z", "2026-03-29T20:00:00Z", "2026-04-04T20:00:00Z"]
        ),
        (
            "FREQ=MONTHLY;BYDAY=-1FR", "2026-01-01T20:00",
            ["2026-01-30T19:00:00Z", "2026-02-27T19:00:00Z", "2026-03-27T19:00:00Z"]
        ),
        (
            "FREQ=MONTHLY;BYDAY=TU,WE;BYSETPOS=1;COUNT=2", "2026-01-01T20:00",
            ["2026-01-06T19:00:00Z", "2026-02-03T19:00:00Z"]
        ),
        ("FREQ=MONTHLY;BYMONTHDAY=31", "2026-01-01T00:00", ["2026-01-30T23:00:00Z", "2026-03-30T22:00:00Z"]),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "2026-01-01T12:00", ["2028-02-29T11:00:00Z", "2032-02-29T11:00:00Z"]),
        ("FREQ=DAILY;UNTIL=20260102T110000Z", "2026-01-01T12:00", ["2026-01-01T11:00:00Z", "2026-01-02T11:00:00Z"]),
        ("FREQ=DAILY;UNTIL=20260102T105959Z", "2026-01-01T12:00", ["2026-01-01T11:00:00Z"]),
        ("FREQ=DAILY;UNTIL=20260102", "2026-01-01T12:00", ["2026-01-01T11:00:00Z", "2026-01-02T11:00:00Z"]),
    ])
    func occurrencesAreWhatClocksShow(_ rule: String, _ start: String, _ expected: [String]) throws {
        let recurrence = try Recurrence(rule: rule, start: #require(LocalTime(start)), zone: "Europe/Berlin")
        let limit = rule.contains("COUNT") || rule.contains("UNTIL") ? 10 : expected.count
        #expect(recurrence.occurrences(from: .distantPast, limit: limit).map { $0.formatted(.iso8601) } == expected)
    }

    @Test func manyMayAskAtOnce() async throws {
        let start = try #require(LocalTime("2026-01-01T02:30"))
        let zones = ["Europe/Berlin", "Asia/Tokyo", "America/Chicago", "Pacific/Auckland", "Europe/London"]
        let found = try await withThrowingTaskGroup(of: [Date].self) { group in
            for number in 0..<100 {
                group.addTask {
                    try Recurrence(rule: "FREQ=DAILY", start: start, zone: zones[number % zones.count])
                        .occurrences(from: .distantPast, limit: 800)
                }
            }
            return try await group.reduce(into: Set<[Date]>()) { $0.insert($1) }
        }
        #expect(found.count == zones.count && found.allSatisfy { $0.count == 800 })
    }

    @Test func onlyWhatIsAskedForIsFound() throws {
        let recurrence = try Recurrence(rule: "FREQ=DAILY", start: #require(LocalTime("2020-01-01T00:00")), zone: "UTC")
        let from = try Date("2026-05-01T00:00:00Z", strategy: .iso8601)
        let found = recurrence.occurrences(from: from, until: from + 3 * 86_400, limit: 10)
        #expect(found.map { $0.timeIntervalSince(from) } == [0, 86_400, 2 * 86_400])
        #expect(recurrence.occurrences(from: from + 1, limit: 1) == [from + 86_400])
    }

    @Test(arguments: [
        ("", "is no recurrence rule"), ("FREQ=FOO", "is no recurrence rule"), ("every night", "is no recurrence rule"),
        ("FREQ=DAILY;BYDAY=XX", "is no recurrence rule"), ("FREQ=DAILY;INTERVAL=0", "is no recurrence rule"),
        ("FREQ=DAILY\u{0}", "is no recurrence rule"), ("FREQ=MINUTELY", "more often than hourly"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "never occurs"),
    ])
    func whatIsNoRecurrenceIsRefused(_ rule: String, _ words: String) throws {
        let start = try #require(LocalTime("2026-01-01T00:00"))
        let error = #expect(throws: InvalidRecurrence.self) {
            try Recurrence(rule: rule, start: start, zone: "UTC")
        }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }

    @Test(arguments: ["", "Mars/Olympus", "/etc/passwd", "../etc/localtime", "europe"])
    func whatIsNoTimeZoneIsRefused(_ zone: String) throws {
        let start = try #require(LocalTime("2026-01-01T00:00"))
        let error = #expect(throws: InvalidRecurrence.self) {
            try Recurrence(rule: "FREQ=DAILY", start: start, zone: zone)
        }
        #expect(error?.description.hasPrefix("there is no time zone") == true)
    }

    /// Random local times in zones that change their clocks in different ways: the moment found shows that time, by the C
    /// library's own reading of the zone; where no moment does, clocks were set forward over it.
    @Test(arguments: ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Africa/Casablanca"])
    func momentsAgreeWithTheCLibrary(_ zone: String) async throws {
        var random = SeededGenerator(seed: 11)
        var locals: [LocalTime] = []
        for _ in 0..<200 {
            let (month, day) = (Int.random(in: 1...12, using: &random), Int.random(in: 1...28, using: &random))
            let (hour, minute) = (Int.random(in: 0...23, using: &random), 15 * Int.random(in: 0...3, using: &random))
            func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
            locals.append(
                try #require(LocalTime("2026-\(padded(month))-\(padded(day))T\(padded(hour)):\(padded(minute))")))
        }
        let seconds = try locals.map { local in
            let recurrence = try Recurrence(rule: "FREQ=DAILY;COUNT=1", start: local, zone: zone)
            return Int(try #require(recurrence.occurrences(from: .distantPast, limit: 1).first).timeIntervalSince1970)
        }
        var output = ""
        for second in seconds {
            output += try await Subprocess.run(
                "date", ["-d", "@\(second)", "+%Y-%m-%dT%H:%M"], environment: ["TZ": zone, "PATH": "/usr/bin:/bin"]
            ).successful().text
        }
        let shown = output.split(separator: "\n").map(String.init)
        #expect(shown.count == locals.count)
        for (local, shown) in zip(locals, shown) where shown != local.description {
            // The hour that is skipped in spring.
            #expect(["02", "03"].contains(String(shown.dropFirst(11).prefix(2))), "\(local) \(shown)")
        }
    }
}

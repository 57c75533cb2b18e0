import FleetFiles
import FleetModel
import FoundationEssentials
import Testing

@testable import FleetServer

@Suite struct WindowRouteTests {
    let fixture: APIFixture
    init() throws { fixture = try APIFixture() }

    @Test(arguments: Way.allCases) func areAppliedShownListedAndRemoved(way: Way) async throws {
        try await withClient(way, of: fixture.api.handle) { client in
            let path = "/api/v1/windows/nights"
            let applied = try await client.send(.post, path, ["duration": .string("4h")] as [String: JSONValue])
                .json(DocumentApplication.self)
            #expect(applied.changed)
            var window = Window()
            window.duration = .seconds(4 * 3600)
            #expect(try applied.applied.document == window.document(), "with every default")
            fixture.time.advance(by: .seconds(60))
            let again = try await client.send(.post, path, try window.document()).json(DocumentApplication.self)
            #expect(again == DocumentApplication(applied: applied.applied, changed: false))
            let other = try await client.send(.post, path, ["duration": .string("5h")] as [String: JSONValue])
                .json(DocumentApplication.self)
            #expect(other.changed && other.applied.createdAt == applied.applied.createdAt)
            #expect(other.applied.updatedAt == fixture.time.now())
            #expect(try await client.get(path).json(DocumentResource.self) == other.applied)
            let page = try await client.get("/api/v1/windows?limit=1").json(Page<DocumentResource>.self)
            #expect(page.items == [other.applied] && page.nextCursor == nil)
            #expect(try await client.send(.delete, path, [:], []).status == 204)
            #expect(try await client.get(path).status == 404)
            #expect(try await client.send(.delete, path, [:], []).status == 404)
        }
    }

    @Test func theNextTenTimesAreToldByTheHostsClock() async throws {
        let host = try await fixture.addHost("ws-1")
        try await withClient(.handler, of: fixture.api.handle) { client in
            let window: [String: JSONValue] = [
                "recurrence": .string("FREQ=WEEKLY;BYDAY=MO,TH"), "start": .string("2026-01-01T12:00"),
            ]
            _ = try await client.send(.post, "/api/v1/windows/noon", window)
            let path = "/api/v1/windows/noon/occurrences"
            func occurrences(_ query: String = "") async throws -> WindowOccurrences {
                try await client.get(path + query).json(WindowOccurrences.self)
            }
            // It is Monday, 2026-09-21T13:33:20Z: the window is open.
            let utc = try await occurrences()
            #expect(utc.timeZone == "UTC" && utc.occurrences.count == 10)
            #expect(
                utc.occurrences.prefix(2).map { FleetJSON.text($0.start) } == [
                    "2026-09-21T12:00:00.000Z", "2026-09-24T12:00:00.000Z",
                ])
            #expect(try await client.get(path + "?host=ws-1").problem?.code == "no-time-zone")
            #expect(try await client.get(path + "?host=ws-2").status == 404)
            try await fixture.describe(
                host, [.software: .object(["clock": .object(["timeZone": .string("America/New_York")])])], vms: [])
            let there = try await occurrences("?host=ws-1")
            #expect(there.timeZone == "America/New_York")
            // Clocks go back on November 1st.
            #expect(there.occurrences.first.map { FleetJSON.text($0.start) } == "2026-09-21T16:00:00.000Z")
            #expect(there.occurrences.allSatisfy { $0.end.timeIntervalSince($0.start) == 6 * 3600 })
        }
    }

    @Test func timesThatTouchAreOneAndNothingBeginsBeforeTheirEnd() throws {
        var window = Window()
        window.recurrence = "FREQ=HOURLY;BYHOUR=20,21,22"
        window.start = try #require(LocalTime("2026-01-01T20:00"))
        window.duration = .seconds(3600)
        window.cutoff = .seconds(600)
        let calendar = try WindowCalendar(window, hostZone: nil)
        let midnight = try Date("2026-01-02T00:00:00Z", strategy: .iso8601)
        let evening = Occurrence(start: midnight - 4 * 3600, end: midnight - 3600)
        #expect(calendar.occurrences(from: midnight - 86_400, until: midnight, limit: 10) == [evening])
        #expect(
            calendar.startTimes(from: midnight - 86_400, until: midnight) == [
                Occurrence(start: evening.start, end: evening.end - 600)
            ])
        #expect(calendar.startTimes(from: evening.end - 600, until: midnight) == [])
    }

    @Test(arguments: [
        (#"{"recurence": "FREQ=DAILY"}"#, 422, "recurence: unknown key; did you mean 'recurrence'?"),
        (#"{"recurrence": "nightly"}"#, 422, "'nightly' is no recurrence rule"),
        (#"{"timeZone": "Mars/Olympus"}"#, 422, "there is no time zone 'Mars/Olympus'"),
        (#"{"start": "2026-02-30T00:00"}"#, 422, "start: expected a local date and time"),
        (#"{"duration": "8d"}"#, 422, "duration: expected from 1m to 7d, got 8d"),
        (
            #"{"duration": "1h", "cutoff": "1h"}"#, 422,
            "cutoff: expected less than the duration, 1h, got 1h"
        ),
        ("[]", 400, "the body"),
    ])
    func whatIsNoWindowIsRefused(body: String, status: Int, says: String) async throws {
        try await withClient(.handler, of: fixture.api.handle) { client in
            let reply = try await client.send(.post, "/api/v1/windows/nights", [:], Array(body.utf8))
            #expect(reply.status == status)
            #expect(reply.problem?.detail?.contains(says) == true, "\(reply.text)")
            #expect(try await client.get("/api/v1/windows/nights").status == 404)
        }
    }
}

import FleetModel
import FleetTestSupport
import FoundationEssentials
import SQLite
import Testing

@testable import FleetStore

/// Who did what, when, from where, and with what result.
@Suite struct AuditTests {
    let fixture: StoreFixture
    var store: FleetStore { fixture.store }
    private static let anna = Author(name: "anna", origin: "local socket")
    private static let stranger = Author(name: "unknown", origin: "127.0.0.1")

    init() throws { fixture = try StoreFixture() }

    private func refuse(_ author: Author, _ detail: String? = nil, action: String = "POST /api/v1/jobs") async {
        await store.recordRefusal(
            of: action, because: Problem(status: 409, code: "conflict", title: "Conflict", detail: detail), by: author)
    }

    @Test func whatWasDoneAndWhatWasRefusedAreThereNewestFirst() async throws {
        let host = try await fixture.host()
        fixture.time.advance(by: .seconds(5))
        _ = try await store.changeLabels(of: host.name.description, HostChange(labels: ["a": "b"]), by: Self.anna)
        await refuse(Self.anna, "it is taken")
        let page = try await store.audit(before: nil, limit: 2)
        #expect(page.items.map(\.action) == ["POST /api/v1/jobs", "host.label"])
        #expect(page.items.map(\.result) == ["conflict: it is taken", AuditResource.done])
        #expect(page.items.map(\.object) == [nil, "bench-1"])
        #expect(page.items.allSatisfy { $0.who == "anna" && $0.origin == "local socket" })
        #expect(page.items.allSatisfy { $0.time == fixture.time.now() })
        let rest = try await store.audit(before: page.nextCursor, limit: 2)
        #expect(rest.items.map(\.action) == ["host.add"])
        #expect(rest.nextCursor == nil)
        #expect(try await store.audit(before: nil, who: "tester", limit: 9).items.map(\.action) == ["host.add"])
    }

    @Test func whatAClientWroteIsCut() async throws {
        await refuse(
            Self.anna, String(repeating: "ä", count: 4000), action: "PUT /" + String(repeating: "a", count: 4000))
        let entry = try #require(try await store.audit(before: nil, limit: 1).items.first)
        #expect(entry.action.utf8.count == 500)
        #expect(entry.result.hasPrefix("conflict: ää") && entry.result.utf8.count <= 502)
    }

    @Test func aStrangerWhoAsksWithoutEndFillsNothing() async throws {
        await refuse(Self.anna)
        for _ in 0..<12 {
            for _ in 0..<500 { await refuse(Self.stranger) }
            fixture.time.advance(by: .seconds(3600))
        }
        let kept = try await store.audit(before: nil, who: "unknown", limit: 5000).items
        #expect(kept.count == 1000)
        // The newest, at most a hundred from each hour.
        #expect(Set(kept.map(\.time)).count == 10)
        #expect(try await store.audit(before: nil, who: "anna", limit: 9).items.count == 1)
    }

    @Test func refusalsAreThereAgainInTheNextHourAndForEverybodyElse() async throws {
        for _ in 0..<150 { await refuse(Self.stranger) }
        await refuse(Self.anna)
        #expect(try await store.audit(before: nil, limit: 500).items.count == 101)
        fixture.time.advance(by: .seconds(3600))
        await refuse(Self.stranger)
        #expect(try await store.audit(before: nil, who: "unknown", limit: 500).items.count == 101)
    }

    @Test func whatWasDoneIsNeverPruned() async throws {
        let host = try await fixture.host()
        for number in 0..<1100 {
            _ = try await store.changeLabels(
                of: host.id.description, HostChange(labels: ["n": "\(number)"]), by: Self.anna)
        }
        await refuse(Self.anna)
        #expect(try await store.audit(before: nil, who: "anna", limit: 2000).items.count == 1101)
    }

    /// A database of the release before, with all that is in it.
    @Test func anEarlierRecordStays() async throws {
        let directory = try TemporaryDirectory()
        let earlier = try Connection(path: directory.file(FleetStore.databaseName))
        try earlier.migrate(Array(FleetMigrations.all.prefix { $0.name != "0007-audit" }))
        try earlier.execute("INSERT INTO audit (at, who, action, object) VALUES (0, 'API token', 'host.add', 'a')")
        let store = try StoreFixture(directory: directory.path).store
        let entry = try #require(try await store.audit(before: nil, limit: 9).items.first)
        #expect(entry.who == "API token" && entry.origin == nil && entry.result == AuditResource.done)
    }
}

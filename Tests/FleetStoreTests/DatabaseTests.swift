import FleetModel
import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import SQLite
import Testing

@testable import FleetStore

struct DatabaseTests {
    @Test func whatIsStoredIsThereAfterAnOpening() async throws {
        let directory = try TemporaryDirectory()
        let first = try StoreFixture(directory: directory.path)
        let host = try await first.host()
        let epoch = EpochID.random()
        _ = try await first.store.commit([
            try first.record(host.id, epoch, 1), first.arrival(host.id, .presence(first.presence(.sleeping))),
        ])
        try await first.store.saveLastSeen()
        let second = try StoreFixture(directory: directory.path)
        #expect(await second.store.storeID == (await first.store.storeID))
        let again = try await second.store.host("bench-1")
        #expect(again.state == .sleeping)
        #expect(again.lastSeenAt == first.time.now())
        // The position was stored with the record.
        let outcome = try await second.store.commit([try second.record(host.id, epoch, 1)])
        #expect(outcome.duplicates == 1)
        #expect(try await second.store.events(limit: 9).items.count == 1)
    }

    @Test(arguments: [FleetStore.databaseName, FleetStore.metricsName])
    func aDatabaseFromTheFutureIsRefusedAndLeftAlone(name: String) throws {
        let directory = try TemporaryDirectory()
        _ = try StoreFixture(directory: directory.path)
        let connection = try Connection(path: directory.file(name))
        try connection.execute("PRAGMA user_version = 4711")
        #expect { _ = try StoreFixture(directory: directory.path) } throws: { error in
            guard case StoreError.storage(let cause) = error else { return false }
            return cause.message.contains("newer version (schema 4711")
        }
        #expect(try connection.first("PRAGMA user_version")?.get(0) == 4711)
    }

    @Test func anotherFleetsDatabaseIsRefused() throws {
        let directory = try TemporaryDirectory()
        _ = try StoreFixture(directory: directory.path)
        #expect { _ = try StoreFixture.open(directory.path, ManualTimeSource(), fleet: "other") } throws: { error in
            guard case StoreError.conflict = error else { return false }
            return true
        }
    }

    @Test func lookingForOverdueJobsDoesNotReadThoseThatAreOver() throws {
        let directory = try TemporaryDirectory()
        _ = try StoreFixture(directory: directory.path)
        let connection = try Connection(path: directory.file(FleetStore.databaseName))
        let plan = try connection.rows("EXPLAIN QUERY PLAN \(JobRepository.overdueSQL)", [Date.now]).map {
            try $0.get(3, as: String.self)
        }
        #expect(plan.contains { $0.contains("jobs_unfinished") }, "\(plan)")
    }

    @Test func aFullDiskLosesNothingThatWasCommittedAndNothingThatComesAgain() async throws {
        let disk = try SmallFileSystem(bytes: 4 << 20)
        let fixture = try StoreFixture(directory: disk.path)
        let host = try await fixture.host()
        let epoch = EpochID.random()
        _ = try await fixture.store.commit([try fixture.record(host.id, epoch, 1)])
        try disk.fill()

        var next: UInt64 = 2
        var failure: StoreError?
        while failure == nil, next < 100_000 {
            let records = try (next..<next + 50).map { try fixture.record(host.id, epoch, $0) }
            do {
                _ = try await fixture.store.commit(records)
                next += 50
            } catch {
                failure = error
            }
        }
        guard case .storage(let cause) = failure else {
            Issue.record("expected a storage error, got \(String(describing: failure))")
            return
        }
        #expect(cause.isFull)
        #expect(fixture.store.writeFailure != nil)
        // Reading goes on.
        #expect(try await fixture.store.host("bench-1").name == host.name)

        try disk.drain()
        let outcome = try await fixture.store.commit([try fixture.record(host.id, epoch, next)])
        #expect(outcome.committed == 1)
        #expect(fixture.store.writeFailure == nil)
        let events = try await fixture.store.events(after: 0, limit: 1_000_000)
        #expect(events.map(\.seq) == Array(1...next))
    }
}

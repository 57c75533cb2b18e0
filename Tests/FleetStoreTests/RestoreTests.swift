import FleetModel
import FleetStore
import FleetTestSupport
import FoundationEssentials
import Testing

/// A controller that goes on with an older copy of its database.
struct RestoreTests {
    let fixture: StoreFixture
    var store: FleetStore { fixture.store }

    init() throws { fixture = try StoreFixture() }

    /// Copies the database while it is open, as an operator's script would.
    private func copy() throws -> TemporaryDirectory {
        let directory = try TemporaryDirectory()
        try FleetStore.copyDatabase(
            fixture.directory + "/" + FleetStore.databaseName, to: directory.file(FleetStore.databaseName))
        return directory
    }

    @Test func aHostThatWasAcknowledgedMoreThanThereIsGivesTheDatabaseANewID() async throws {
        let host = try await fixture.host().id
        let job = try await fixture.job(1, host: host)
        let epoch = EpochID.random()
        _ = try await store.commit([try fixture.record(host, epoch, 1)])
        let copy = try copy()
        let oldID = await store.storeID
        _ = try await fixture.publish(host)
        let report = JobReport(job: job.id, kind: job.kind, state: .succeeded)
        let records = [
            try fixture.record(host, epoch, 2), try fixture.report(host, epoch, 3, report),
        ]
        _ = try await store.commit(records)

        let restored = try StoreFixture(directory: copy.path, time: fixture.time)
        #expect(await restored.store.storeID == oldID)
        let presence = fixture.presence(
            acked: StreamPosition(store: oldID, epoch: epoch, seq: 3), jobsRevision: 1,
            recorded: RecordPosition(epoch: epoch, seq: 3))
        let outcome = try await restored.store.commit([fixture.arrival(host, .presence(presence))])
        let newID = await restored.store.storeID
        #expect(outcome.restored && newID != oldID)
        // The host is told at once, by the new ID, how little is here.
        #expect(outcome.acknowledgements.map(\.position) == [StreamPosition(store: newID, epoch: epoch, seq: 1)])
        // The job is planned here, but the host may have done it: nothing is published before its record is read.
        #expect(try await restored.publish(host) == nil)
        _ = try await restored.store.commit([records[0]])
        #expect(try await restored.publish(host) == nil)
        _ = try await restored.store.commit([records[1]])
        #expect(try await restored.store.job(job.id).state == .succeeded)
        let set = try #require(try await restored.publish(host))
        #expect(set.revision == 2 && set.jobs.isEmpty)
        #expect(try await restored.store.events(limit: 9).items.map(\.seq) == [3, 2, 1])
    }

    @Test func revisionsGoOnAboveTheHighestThatAHostHasTaken() async throws {
        let host = try await fixture.host().id
        _ = try await fixture.job(1, host: host)
        let presence = fixture.presence(jobsRevision: 41)
        let outcome = try await store.commit([fixture.arrival(host, .presence(presence))])
        #expect(!outcome.restored)
        #expect(try await fixture.publish(host)?.revision == 42)
    }

    @Test func onlyAPlausibleRevisionIsBelieved() async throws {
        let host = try await fixture.host().id
        _ = try await fixture.job(1, host: host)
        _ = try await store.commit([fixture.arrival(host, .presence(fixture.presence(jobsRevision: .max)))])
        #expect(try await fixture.publish(host)?.revision == 1)
    }

    @Test func aHostThatLiesCannotMakeTheFleetSendEverythingAgainAndAgain() async throws {
        let host = try await fixture.host().id
        func claim() async throws -> Bool {
            let acked = StreamPosition(store: await store.storeID, epoch: .random(), seq: 1000)
            return try await store.commit([fixture.arrival(host, .presence(fixture.presence(acked: acked)))]).restored
        }
        #expect(try await claim())
        #expect(try await !claim())
        fixture.time.advance(by: .seconds(3600))
        #expect(try await claim())
    }

    @Test func hostsThatAreQuietAreToldOfTheNewIDToo() async throws {
        let quiet = try await fixture.host("quiet").id
        let witness = try await fixture.host("witness").id
        let id = await store.storeID
        let epoch = EpochID.random()
        let acked = StreamPosition(store: id, epoch: epoch, seq: 1)
        _ = try await store.commit([
            try fixture.record(quiet, epoch, 1), fixture.arrival(quiet, .presence(fixture.presence(acked: acked))),
        ])
        let evidence = StreamPosition(store: id, epoch: .random(), seq: 7)
        let outcome = try await store.commit([
            fixture.arrival(witness, .presence(fixture.presence(acked: evidence)))
        ])
        let told = outcome.acknowledgements.first { $0.host == quiet }?.position
        #expect(told == StreamPosition(store: outcome.store, epoch: epoch, seq: 1))
    }

    @Test func aCopyMarkedAsRestoredHoldsItsJobsUntilTheHostHasSpoken() async throws {
        let host = try await fixture.host().id
        _ = try await fixture.job(1, host: host)
        let copy = try copy()
        let id = try FleetStore.markRestored(copy.file(FleetStore.databaseName))
        let restored = try StoreFixture(directory: copy.path, time: fixture.time)
        #expect(await restored.store.storeID == id)
        #expect(id != (await store.storeID))
        #expect(try await restored.publish(host) == nil)
        _ = try await restored.store.commit([fixture.arrival(host, .presence(fixture.presence()))])
        #expect(try await restored.publish(host)?.jobs.count == 1)
    }
}

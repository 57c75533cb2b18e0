import FleetModel
import FleetTestSupport
import FoundationEssentials
import SQLite
import Testing

@testable import FleetStore

/// Documents follow the keys that sign, and the store knows which host trusts which.
@Suite struct KeyTests {
    let fixture: StoreFixture
    var store: FleetStore { fixture.store }
    private let old = VerifyingKey(bytes: [UInt8](repeating: 1, count: 32))!
    private let new = VerifyingKey(bytes: [UInt8](repeating: 2, count: 32))!

    init() throws { fixture = try StoreFixture() }

    private func desired(_ host: HostID, _ keys: [VerifyingKey]) async throws -> DesiredState? {
        let state = try await store.desiredToPublish(for: host, DesiredPolicies(PolicySet()), keys: keys) {
            [UInt8](try FleetJSON.encode($0))
        }
        guard let state else { return nil }
        await store.desiredPublished([state])
        return try FleetJSON.decode(DesiredState.self, from: Data(state.envelope))
    }

    private func tell(_ host: HostID, _ keys: [VerifyingKey]?, _ state: Presence.State = .online) async throws {
        var presence = fixture.presence(state)
        presence.keys = keys
        _ = try await store.commit([fixture.arrival(host, .presence(presence))])
    }

    @Test func aJobSetIsSignedAgainWhenOthersSign() async throws {
        let host = try await fixture.host().id
        _ = try await fixture.job(1, host: host)
        #expect(try await fixture.publish(host, keys: [old])?.revision == 1)
        #expect(try await fixture.publish(host, keys: [old]) == nil)
        let both = try #require(try await fixture.publish(host, keys: [old, new]))
        #expect(both.revision == 2 && both.jobs.count == 1)
        #expect(try await fixture.publish(host, keys: [old, new]) == nil)
        #expect(try await fixture.publish(host, keys: [new])?.revision == 3)
    }

    @Test func aHostIsToldOfItsKeysWhileTheyAreOthersThanItTrusts() async throws {
        let host = try await fixture.host(keys: [old]).id
        #expect(try await desired(host, [old]) == nil, "it knows that")
        #expect(try await desired(host, [old, new])?.keys == [old, new])
        #expect(try await desired(host, [old, new]) == nil)
        let after = try #require(try await desired(host, [new]))
        #expect(after.keys == [new] && after.revision == 2)
    }

    @Test func aHostThatCameDuringAChangeLearnsOfItsEnd() async throws {
        let host = try await fixture.host(keys: [old, new]).id
        #expect(try await desired(host, [old, new]) == nil)
        #expect(try await desired(host, [new])?.keys == [new])
    }

    @Test func whomAHostTrustsIsWhatItWasGivenUntilItSaysSo() async throws {
        let host = try await fixture.host(keys: [old]).id
        #expect(try await store.hostTrust().map(\.keys) == [[old]])
        // An agent of an earlier version says nothing.
        try await tell(host, nil)
        #expect(try await store.hostTrust().map(\.keys) == [[old]])
        try await tell(host, [old, new])
        #expect(try await store.hostTrust().map(\.keys) == [[old, new]])
        // A will was written when the connection began.
        try await tell(host, [old], .lost)
        let trust = try await store.hostTrust()
        #expect(trust.map(\.keys) == [[old, new]] && trust.map(\.name) == [ResourceName("bench-1")!])
        #expect(trust[0].trustsAny(of: [new]) && trust[0].trustsAny(of: [old]) && !trust[0].trustsAny(of: []))
    }

    @Test func aChangeOfKeysHasAllDocumentsLookedAtAndIsRecorded() async throws {
        let hosts = [try await fixture.host("a").id, try await fixture.host("b").id]
        _ = await store.takeChangedJobSets()
        let (sets, desires) = (store.jobSetNotifications(), store.desiredNotifications())
        try await store.signersChanged("key.rotate", key: "0123456789abcdef", by: "ann")
        #expect(sets.count == 1 && desires.count == 1)
        #expect(await store.takeChangedJobSets() == Set(hosts))
        let entry = try #require(try await store.audit(before: nil, limit: 1).items.first)
        #expect(entry.who == "ann" && entry.action == "key.rotate" && entry.object == "0123456789abcdef")
    }

    /// A database of the release before: nobody knows what its hosts trust, and its documents are signed again.
    @Test func ofAnEarlierDatabaseNothingIsKnown() async throws {
        let directory = try TemporaryDirectory()
        let earlier = try Connection(path: directory.file(FleetStore.databaseName))
        try earlier.migrate(Array(FleetMigrations.all.prefix { $0.name != "0009-keys" }))
        try earlier.execute(
            """
            INSERT INTO hosts (id, name, created_at, bus_password_hash, image_token_hash)
            VALUES ('\(HostID.random())', 'a', 0, '', '')
            """)
        let store = try StoreFixture(directory: directory.path).store
        let trust = try #require(try await store.hostTrust().first)
        #expect(trust.keys == nil && !trust.trustsAny(of: [old]))
    }
}

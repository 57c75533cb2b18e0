import FleetModel
import FleetStore
import Testing

struct PresenceTests {
    let fixture: StoreFixture
    var store: FleetStore { fixture.store }

    init() throws { fixture = try StoreFixture() }

    private func state(after words: [Presence], of host: HostID) async throws -> HostResource.State {
        for word in words { _ = try await store.commit([fixture.arrival(host, .presence(word))]) }
        return try await store.host(host.description).state
    }

    @Test func aHostThatIsLostIsShownLost() async throws {
        let host = try await fixture.host().id
        let session = SessionID.random()
        let words = [fixture.presence(session: session), fixture.presence(.lost, session: session)]
        #expect(try await state(after: words, of: host) == .lost)
    }

    @Test func anOldWillNeverHidesANewBirth() async throws {
        let host = try await fixture.host().id
        let old = SessionID.random()
        let words = [
            fixture.presence(session: old), fixture.presence(session: .random()), fixture.presence(.lost, session: old),
        ]
        #expect(try await state(after: words, of: host) == .online)
    }

    @Test func aWillOfASessionWhoseBirthWasMissedCounts() async throws {
        let host = try await fixture.host().id
        let words = [fixture.presence(session: .random()), fixture.presence(.lost, session: .random())]
        #expect(try await state(after: words, of: host) == .lost)
    }

    @Test func aHostThatSaysGoodbyeIsNotLost() async throws {
        let host = try await fixture.host().id
        let session = SessionID.random()
        #expect(
            try await state(
                after: [fixture.presence(session: session), fixture.presence(.sleeping, session: session)], of: host)
                == .sleeping)
        #expect(try await store.host(host.description).agentVersion == "1.0")
    }
}

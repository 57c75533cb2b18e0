import FleetModel
import FleetTestSupport
import Testing

@testable import FleetServer

@Suite struct KeyRouteTests {
    let fixture: APIFixture
    init() throws { fixture = try APIFixture() }

    private func keys(_ reply: Reply) throws -> [KeyResource] { try reply.json(Page<KeyResource>.self).items }

    @Test(arguments: Way.allCases) func aKeyIsChangedWhenTheHostsHaveFollowed(_ way: Way) async throws {
        let host = try await fixture.addHost("ws-1")
        let name = try #require(ResourceName("ws-1"))
        try await withClient(way, of: fixture.api.handle) { client in
            let old = try keys(try await client.get("/api/v1/keys"))[0]
            #expect(old.hosts == [name] && old.missing == [])
            let alone = try await client.send(.delete, "/api/v1/keys/\(old.id)", [:], [])
            #expect(alone.status == 409 && alone.problem?.code == "last-key")

            let rotated = try await client.send(.post, "/api/v1/keys", [:], [])
            #expect(rotated.status == 201)
            let both = try keys(rotated)
            #expect(both.map(\.id).first == old.id && both.map(\.missing) == [[], [name]])
            let again = try await client.send(.post, "/api/v1/keys", [:], [])
            #expect(again.status == 409 && again.problem?.code == "rotation-under-way")
            let early = try await client.send(.delete, "/api/v1/keys/\(old.id)", [:], [])
            #expect(early.status == 409 && early.problem?.code == "hosts-behind")
            #expect(early.problem?.detail?.contains("ws-1") == true)
            #expect(try await client.send(.delete, "/api/v1/keys/nonsense", [:], []).status == 404)

            let presence = Presence(
                state: .online, session: .random(), agentVersion: "1", bootID: "b", time: fixture.time.now(),
                keys: both.map(\.key))
            try await fixture.tell(presence, host)
            let retired = try await client.send(.delete, "/api/v1/keys/\(old.id)", [:], [])
            #expect(retired.status == 200)
            #expect(try keys(retired).map(\.id) == [both[1].id])
            let actions = try await fixture.store.audit(before: nil, limit: 9).items.map {
                "\($0.action) \($0.result.prefix { $0 != ":" })"
            }
            #expect(
                actions == [
                    "key.retire done", "DELETE /api/v1/keys/nonsense not-found",
                    "DELETE /api/v1/keys/\(old.id) hosts-behind", "POST /api/v1/keys rotation-under-way",
                    "key.rotate done", "DELETE /api/v1/keys/\(old.id) last-key", "host.add done",
                ])
        }
    }

    @Test func whoIsLeftBehindIsLeftBehindKnowingly() async throws {
        for number in 1...25 { _ = try await fixture.addHost("ws-\(number)") }
        try await withClient(.handler, of: fixture.api.handle) { client in
            let both = try keys(try await client.send(.post, "/api/v1/keys", [:], []))
            let early = try await client.send(.delete, "/api/v1/keys/\(both[0].id)", [:], [])
            #expect(early.problem?.detail?.contains("and 5 more") == true)
            let forced = try await client.send(.delete, "/api/v1/keys/\(both[0].id)?force=true", [:], [])
            #expect(forced.status == 200)
            #expect(try keys(forced).map(\.missing.count) == [25])
        }
    }

    @Test func aNewHostIsGivenAllKeys() async throws {
        try await withClient(.handler, of: fixture.api.handle) { client in
            let both = try keys(try await client.send(.post, "/api/v1/keys", [:], []))
            let name = try #require(ResourceName("ws-1"))
            let added = try await client.send(.post, "/api/v1/hosts", HostRegistrationRequest(name: name))
            let registration: HostRegistration = try added.json()
            #expect(both.allSatisfy { registration.agentConfiguration.contains($0.key.description) })
            let known = try keys(try await client.get("/api/v1/keys"))
            #expect(known.map(\.hosts) == [[name], [name]])
        }
    }
}

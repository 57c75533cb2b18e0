import FleetModel
import FleetStore
import FleetTestSupport
import Glibc
import Testing

@testable import FleetServer

/// Who asked, as far as the connection shows it.
@Suite struct AuditRouteTests {
    let fixture: APIFixture
    init() throws { fixture = try APIFixture() }

    private static var user: String {
        getpwuid(geteuid()).map { String(cString: $0.pointee.pw_name) } ?? "uid \(geteuid())"
    }

    private func audit(_ client: APIClient, _ query: String = "") async throws -> [AuditResource] {
        let page: Page<AuditResource> = try await client.get("/api/v1/audit" + query).json()
        return page.items
    }

    @Test(arguments: Way.allCases) func aChangeAndARefusalNameWhoAskedAndFromWhere(_ way: Way) async throws {
        try await withClient(way, of: fixture.api.handle) { client in
            let name = try #require(ResourceName("ws-1"))
            let wanted = HostRegistrationRequest(name: name)
            #expect(try await client.send(.post, "/api/v1/hosts", wanted).status == 201)
            #expect(try await client.send(.post, "/api/v1/hosts", wanted).status == 409)
            #expect(try await client.send(.delete, "/api/v1/hosts/nobody", [:], []).status == 404)
            #expect(try await client.send(.delete, "/api/v1/jobs", [:], []).status == 405)
            #expect(try await client.get("/api/v1/hosts/nobody").status == 404, "reading is no news")
            let entries = try await audit(client)
            #expect(
                entries.map(\.action) == [
                    "DELETE /api/v1/jobs", "DELETE /api/v1/hosts/nobody", "POST /api/v1/hosts", "host.add",
                ])
            #expect(
                entries.map { $0.result.prefix { $0 != ":" } } == [
                    "method-not-allowed", "not-found", "conflict", "done",
                ])
            #expect(entries.last?.object == "ws-1")
            let who = way == .tcp ? "API token" : Self.user
            #expect(entries.allSatisfy { $0.who == who && $0.origin == (way == .tcp ? "127.0.0.1" : "local socket") })
            #expect(try await audit(client, "?limit=1").map(\.id) == entries.prefix(1).map(\.id))
            #expect(try await audit(client, "?who=nobody").isEmpty)
        }
    }

    @Test func whoHasNoTokenIsUnknownWhateverItAsksFor() async throws {
        try await withClient(.tcp, of: fixture.api.handle, token: "wrong") { client in
            let answers = [
                try await client.get("/api/v1/hosts"), try await client.send(.delete, "/api/v1/hosts/a", [:], []),
            ]
            #expect(answers.map(\.status) == [401, 401])
        }
        let entries = try await fixture.store.audit(before: nil, limit: 9).items
        #expect(entries.map(\.action) == ["DELETE /api/v1/hosts/a", "GET /api/v1/hosts"])
        #expect(entries.allSatisfy { $0.who == "unknown" && $0.origin == "127.0.0.1" })
        #expect(entries.allSatisfy { $0.result.hasPrefix("unauthorized: ") })
    }

    @Test func aUserThatThisMachineDoesNotKnowIsANumber() {
        #expect(Author(.user(4_000_000_123)) == Author(name: "uid 4000000123", origin: "local socket"))
    }
}

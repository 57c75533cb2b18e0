import FleetModel
import FoundationEssentials
import Placement
import FleetFiles
import Signing
import Testing

@testable import FleetServer

@Suite struct ProfileRouteTests {
    let fixture: APIFixture
    init() throws { fixture = try APIFixture() }

    @Test(arguments: Way.allCases) func areAppliedShownListedAndRemoved(way: Way) async throws {
        try await withClient(way, of: fixture.api.handle) { client in
            let applied = try await client.send(.post, "/api/v1/profiles/office", ["vcpus": 6])
            #expect(applied.status == 200)
            let first = try applied.json(ProfileApplication.self)
            #expect(first.changed)
            var profile = Profile()
            profile.vcpus = 6
            #expect(try first.profile.document == profile.document(), "with every default")
            #expect(try first.profile.digest == SHA256Hasher.digest(ofJSON: profile))

            // The same in other words.
            let again = try await client.send(.post, "/api/v1/profiles/office", try profile.document())
            #expect(
                try again.json(ProfileApplication.self) == ProfileApplication(profile: first.profile, changed: false))
            let second = try await client.send(.post, "/api/v1/profiles/office", ["vcpus": 8])
                .json(ProfileApplication.self)
            #expect(second.changed && second.profile.version == 2)

            #expect(try await client.get("/api/v1/profiles/office").json(ProfileResource.self) == second.profile)
            #expect(
                try await client.get("/api/v1/profiles/office?version=1").json(ProfileResource.self) == first.profile)
            let page = try await client.get("/api/v1/profiles?limit=1").json(Page<ProfileResource>.self)
            #expect(page.items == [second.profile] && page.nextCursor == nil)

            #expect(try await client.send(.delete, "/api/v1/profiles/office", [:], []).status == 204)
            #expect(try await client.get("/api/v1/profiles/office").status == 404)
            #expect(try await client.send(.delete, "/api/v1/profiles/office", [:], []).status == 404)
        }
    }

    @Test(arguments: [
        (#"{"vcpu": 2}"#, 422, "vcpu: unknown key; did you mean 'vcpus'?"),
        (#"{"vcpus": 0, "memoryMiB": "much"}"#, 422, "vcpus: expected 1 to 4096, got 0"),
        (#"{"firmware": {"code": "/a"}}"#, 422, "firmware.variables: is missing"),
        ("[]", 400, "the body"), ("null", 400, "the body"), ("{", 400, "the body"),
    ])
    func whatIsNoProfileIsRefused(body: String, status: Int, says: String) async throws {
        try await withClient(.handler, of: fixture.api.handle) { client in
            let reply = try await client.send(.post, "/api/v1/profiles/office", [:], Array(body.utf8))
            #expect(reply.status == status)
            #expect(reply.problem?.code == (status == 422 ? "bad-profile" : "invalid-request"))
            #expect(reply.problem?.detail?.contains(says) == true, "\(reply.text)")
            #expect(try await client.get("/api/v1/profiles/office").status == 404)
        }
    }

    @Test(arguments: [
        ("/api/v1/profiles/odd%20name", 400), ("/api/v1/profiles/office?version=0", 400),
        ("/api/v1/profiles/office?version=new", 400), ("/api/v1/profiles/office?version=1", 404),
        ("/api/v1/profiles?cursor=nonsense", 400),
    ])
    func badQuestionsAreProblems(target: String, status: Int) async throws {
        try await withClient(.handler, of: fixture.api.handle) { client in
            let reply = try await client.get(target)
            #expect(reply.problem?.status == status)
        }
    }
}

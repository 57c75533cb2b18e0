import FleetModel
import FleetTestSupport
import Hypervisor
import Placement
import FleetFiles
import Signing
import Testing
@testable import Provisioning

/// A clone by the profile that the controller has put into its job.
@Suite struct ProfileVersionTests {
    private func document(_ change: (inout Profile) -> Void = { _ in }) throws -> [String: JSONValue] {
        var profile = Life.profile
        profile.vcpus = 3
        change(&profile)
        return try profile.document()
    }

    private func run(
        _ world: World, _ document: [String: JSONValue], digest: Digest? = nil, profile: String = "office"
    ) async throws -> Life {
        let life = try await Life(world)
        let version = ProfileVersion(
            version: 7, digest: try digest ?? SHA256Hasher.digest(ofJSON: document), document: document)
        let job = try world.job(
            1, .vmClone,
            CloneArguments(
                name: ResourceName("office-1")!, image: world.image, profile: ResourceName(profile)!,
                profileVersion: version))
        try await life.receive(job)
        try await life.finish(job.id)
        return life
    }

    /// `small` is one of the host's own as well.
    @Test(arguments: ["office", "small"]) func theJobsProfileIsUsedWhateverTheHostHas(name: String) async throws {
        let world = try await World()
        let life = try await run(world, document(), profile: name)
        #expect(world.last(of: World.jobID(1))?.state == .succeeded)
        let definition = try DomainDefinition(xml: await life.hypervisor.definition(of: World.vm()))
        #expect(definition.vcpus == 3)
        #expect(
            definition.origin
                == VMDocument.Origin(
                    job: World.jobID(1), template: world.image.digest, profile: name, profileVersion: 7))
    }

    /// A profile of before this agent knew some key.
    @Test func whatTheDocumentDoesNotHaveHasItsDefault() async throws {
        let world = try await World()
        var document = try document()
        document["tpm"] = nil
        _ = try await run(world, document)
        #expect(world.last(of: World.jobID(1))?.state == .succeeded)
    }

    @Test func aDocumentThatIsNotItsDigestsMakesNothing() async throws {
        let world = try await World()
        try await expectRefusal(
            world, document(), digest: SHA256Hasher.digest(ofJSON: document { $0.vcpus = 4 }),
            reason: "profile-wrong-digest", says: "version 7")
    }

    @Test func aKeyThatThisAgentDoesNotKnowMakesNothing() async throws {
        let document = try document().merging(["moonPhase": .bool(true)]) { $1 }
        try await expectRefusal(
            World(), document, reason: "profile-not-understood",
            says: "profile office, version 7 (moonPhase: unknown key")
        try await expectRefusal(World(), document, reason: "profile-not-understood", says: "update the agent")
    }

    @Test(arguments: [("vcpus", JSONValue.integer(-1)), ("diskBus", .string("nvme")), ("memoryMiB", .string("64"))])
    func aValueThatThisAgentDoesNotKnowMakesNothing(key: String, value: JSONValue) async throws {
        try await expectRefusal(
            World(), document().merging([key: value]) { $1 }, reason: "profile-not-understood", says: key)
    }

    private func expectRefusal(
        _ world: World, _ document: [String: JSONValue], digest: Digest? = nil, reason: String, says: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let life = try await run(world, document, digest: digest)
        let last = world.last(of: World.jobID(1))
        #expect(last?.state == .rejected && last?.reason == reason, sourceLocation: sourceLocation)
        #expect(last?.message?.contains(says) == true, "\(last?.message ?? "")", sourceLocation: sourceLocation)
        #expect(life.hypervisor.calls(of: .define) == 0, sourceLocation: sourceLocation)
        try await expectNothing(world, World.jobID(1), sourceLocation: sourceLocation)
    }
}

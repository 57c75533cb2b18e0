import FleetModel
import FleetRuntime
import FleetTestSupport
import FoundationEssentials
@testable import Provisioning
import Signing
import Testing

/// Clones of a template that brings UEFI variables, and says what it was sealed with.
@Suite struct SealedTemplateTests {
    @Test func aCloneStartsWithTheTemplatesVariables() async throws {
        let world = try await World()
        // As long as the firmware's own.
        let text = "_VARS_of_a_seal"
        let job = try clone(world, try keep(text, in: world))
        try await run(world, job)
        #expect(world.last(of: job.id)?.state == .succeeded, "\(world.last(of: job.id)?.message ?? "")")
        let variables = VMDirectory(path: "\(world.vmDirectory)/\(job.id)").variables
        #expect(try DurableFile.bytes(of: variables) == Array(text.utf8))
    }

    @Test func theVariablesAreFetchedLikeTheImage() async throws {
        let world = try await World(imageIsThere: false)
        let image = try DurableFile.bytes(of: world.directory.file("1.qcow2"))
        let store = [UInt8](repeating: 7, count: 1024)
        let empty = world.directory.file("root/usr/share/OVMF/OVMF_VARS_4M.fd")
        try DurableFile.replace(empty, with: [UInt8](repeating: 0, count: store.count), mode: 0o644)
        let variables = FileReference(digest: SHA256Hasher.digest(of: store), sizeBytes: UInt64(store.count))
        let server = try ScriptedHTTPServer { request, exchange in
            exchange.respond(200, body: request.target.hasSuffix("/\(variables.digest)") ? store : image)
        }
        let job = try clone(world, variables)
        let life = try await Life(world, source: .init(url: server.url, token: "t"))
        try await life.receive(job)
        try await life.finish(job.id)
        #expect(world.last(of: job.id)?.state == .succeeded, "\(world.last(of: job.id)?.message ?? "")")
        #expect(server.requests.count == 2)
        let copy = VMDirectory(path: "\(world.vmDirectory)/\(job.id)").variables
        #expect(try DurableFile.bytes(of: copy) == store)
    }

    @Test func variablesOfAnotherFirmwareAreRefusedBeforeAnythingIsTouched() async throws {
        let world = try await World()
        let job = try clone(world, try keep("too long for this firmware", in: world))
        try await run(world, job)
        #expect(world.last(of: job.id)?.state == .rejected)
        #expect(world.last(of: job.id)?.reason == "variables-wrong-size")
        #expect(try world.files(of: job.id) == nil)
    }

    @Test func aProfileThatContradictsIsRefusedWithEveryReason() async throws {
        let world = try await World()
        var seal = TemplateSeal()
        (seal.secureBoot, seal.vcpus) = (true, 8)
        let job = try clone(world, nil, seal)
        try await run(world, job)
        #expect(world.last(of: job.id)?.state == .rejected)
        #expect(world.last(of: job.id)?.reason == "template-mismatch")
        let message = try #require(world.last(of: job.id)?.message)
        #expect(message.contains("secureBoot is false") && message.contains("vcpus is 2, and it needs 8"))
        #expect(try world.files(of: job.id) == nil)
    }

    /// Puts variables where a fetch would have put them.
    private func keep(_ text: String, in world: World) throws -> FileReference {
        let digest = SHA256Hasher.digest(of: Array(text.utf8))
        try DurableFile.replace(world.directory.file("images/\(digest)"), with: Array(text.utf8), mode: 0o444)
        return FileReference(digest: digest, sizeBytes: UInt64(text.utf8.count))
    }

    private func clone(_ world: World, _ variables: FileReference?, _ seal: TemplateSeal? = nil) throws -> Job {
        var image = world.image
        (image.variables, image.seal) = (variables, seal)
        return try world.job(
            1, .vmClone, CloneArguments(name: ResourceName("office")!, image: image, profile: World.profile))
    }

    private func run(_ world: World, _ job: Job) async throws {
        let life = try await Life(world)
        try await life.receive(job)
        try await life.finish(job.id)
    }
}

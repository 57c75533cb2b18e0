import FleetModel
import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import Glibc
import Signing
import Subprocess
import Testing

@testable import FleetServer

/// Imports of real images, made with qemu-img.
@Suite struct TemplateImportTests {
    let fixture: APIFixture
    private let name = ResourceName("win11")!
    init() throws { fixture = try APIFixture() }

    private func make(_ arguments: [String]) async throws {
        _ = try await Subprocess.run("qemu-img", arguments).successful()
    }

    private func image(_ file: String, format: String = "qcow2", size: String = "8M") async throws -> String {
        let path = fixture.directory.file(file)
        try await make(["create", "-q", "-f", format, path, size])
        return path
    }

    /// A qcow2 with some data in it.
    private func filled(_ file: String) async throws -> String {
        let raw = fixture.directory.file(file + ".raw")
        let bytes = (0..<4 << 20).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 11) }
        try Data(bytes).write(to: URL(filePath: raw))
        let path = fixture.directory.file(file)
        try await make(["convert", "-O", "qcow2", raw, path])
        return path
    }

    private func bytes(_ path: String) throws -> [UInt8] {
        [UInt8](try #require(FileManager.default.contents(atPath: path)))
    }

    private func upload(_ content: [UInt8]) async throws -> UploadID {
        let id = UploadID.random()
        let transfer = try await fixture.uploads.begin(id, at: 0, total: UInt64(content.count))
        try await fixture.uploads.write(content, to: transfer)
        try await fixture.uploads.end(transfer)
        return id
    }

    private func add(_ upload: UploadID, version: String = "1") async throws -> Reply {
        let request = TemplateImport(name: name, version: try #require(ResourceName(version)), upload: upload)
        return try await withClient(.handler, of: fixture.api.handle) { client in
            try await client.send(.post, "/api/v1/templates", request)
        }
    }

    private func imageNames() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: fixture.directory.file("images"))
    }

    @Test(arguments: ["qcow2", "raw"]) func aGoodImageBecomesATemplate(format: String) async throws {
        let content = try bytes(try await image("disk", format: format))
        let id = try await upload(content)
        let reply = try await add(id)
        #expect(reply.status == 201)
        let template = try reply.json(TemplateResource.self)
        #expect(template.image.format.rawValue == format)
        #expect(template.image.digest == SHA256Hasher.digest(of: content))
        #expect(template.image.sizeBytes == UInt64(content.count))
        #expect(template.image.virtualSizeBytes == 8 << 20)
        let path = fixture.images.path(of: template.image.digest)
        #expect(try bytes(path) == content)
        var information = stat()
        #expect(stat(path, &information) == 0)
        #expect(information.st_mode & 0o777 == 0o444)
        #expect(try await fixture.store.template(name, version: template.image.version) == template)
        // Asked again, because the first answer was lost.
        #expect(try await add(id).json(TemplateResource.self) == template)
        #expect(try imageNames() == [template.image.digest.description])
    }

    @Test func versionsNeverChange() async throws {
        let first = try bytes(try await image("one"))
        #expect(try await add(try await upload(first)).status == 201)
        #expect(try await add(try await upload(first)).status == 201)
        let other = try await upload(try bytes(try await filled("two")))
        let refused = try await add(other)
        #expect(refused.status == 409)
        #expect(refused.problem?.code == "version-exists")
        #expect(try await add(other, version: "2").status == 201)
        #expect(try imageNames().count == 2)
    }

    /// The command line gives the same content always the same upload.
    @Test func oneUploadMayBecomeSeveralVersions() async throws {
        let content = try bytes(try await image("disk"))
        let id = try await upload(content)
        let first = try await add(id, version: "1").json(TemplateResource.self)
        let second = try await add(id, version: "2").json(TemplateResource.self)
        #expect(first.image.digest == second.image.digest)
        #expect(second.image.version.description == "2")
        #expect(try await fixture.uploads.status(of: id).receivedBytes == UInt64(content.count))

        // The image is gone, as after a restored database: the next import asks for the content again.
        try FileManager.default.removeItem(atPath: fixture.images.path(of: first.image.digest))
        #expect(try await add(id, version: "3").problem?.code == "upload-lost")
        await #expect(throws: Problem.self) { try await fixture.uploads.status(of: id) }
    }

    private func add(_ upload: UploadID, variables: UploadID, _ seal: TemplateSeal?) async throws -> Reply {
        let request = TemplateImport(name: name, version: name, upload: upload, variables: variables, seal: seal)
        return try await withClient(.handler, of: fixture.api.handle) { client in
            try await client.send(.post, "/api/v1/templates", request)
        }
    }

    @Test func whatTheSystemWasSealedWithIsPartOfItsVersion() async throws {
        var seal = TemplateSeal()
        (seal.guestOS, seal.secureBoot, seal.memoryMiB) = (.windows, true, 4096)
        var store = [UInt8](repeating: 0, count: 128 << 10)
        store.replaceSubrange(40..<44, with: "_FVH".utf8)
        let image = try await upload(try bytes(try await image("disk")))
        let variables = try await upload(store)
        let template = try await add(image, variables: variables, seal).json(TemplateResource.self)
        let file = try #require(template.image.variables)
        #expect(file == FileReference(digest: SHA256Hasher.digest(of: store), sizeBytes: UInt64(store.count)))
        #expect(template.image.seal == seal)
        #expect(try await fixture.store.template(name, version: name) == template)
        // Asked again, and after a restart: no file of it is taken for a leftover.
        #expect(try await add(image, variables: variables, seal).json(TemplateResource.self) == template)
        try await fixture.images.sweep()
        #expect(try bytes(fixture.images.path(of: file.digest)) == store)
        seal.vcpus = 2
        #expect(try await add(image, variables: variables, seal).problem?.code == "version-exists")
    }

    @Test(arguments: [512, 128 << 10]) func whatIsNoVariableStoreIsRefused(size: Int) async throws {
        let image = try await upload(try bytes(try await image("disk")))
        let reply = try await add(image, variables: try await upload([UInt8](repeating: 1, count: size)), nil)
        #expect(reply.status == 422 && reply.problem?.code == "bad-variables", "\(reply.text)")
        #expect(try imageNames().isEmpty)
    }

    @Test func imagesThatNeedAnotherFileAreRefused() async throws {
        let base = try await image("base")
        let overlay = fixture.directory.file("overlay")
        try await make(["create", "-q", "-f", "qcow2", "-b", base, "-F", "qcow2", overlay])
        let data = fixture.directory.file("data")
        let split = fixture.directory.file("split")
        try await make(["create", "-q", "-f", "qcow2", "-o", "data_file=\(data)", split, "8M"])
        for (path, says) in [(overlay, "backing file"), (split, "external file")] {
            let reply = try await add(try await upload(try bytes(path)))
            #expect(reply.status == 422)
            #expect(reply.problem?.code == "bad-image")
            #expect(reply.problem?.detail?.contains(says) == true, "\(reply.text)")
        }
        #expect(try imageNames().isEmpty)
    }

    @Test(arguments: ["vmdk", "vdi", "vhdx", "qed", "vpc"]) func otherFormatsAreRefused(format: String) async throws {
        let reply = try await add(try await upload(try bytes(try await image("disk", format: format))))
        #expect(reply.status == 422)
        #expect(reply.problem?.detail?.contains("qemu-img convert -O qcow2") == true, "\(reply.text)")
    }

    @Test func damagedImagesAreRefused() async throws {
        let whole = try bytes(try await filled("disk"))
        var scrambled = whole
        // The refcounts and the tables of a new qcow2 lie in its first clusters, after the header.
        for index in 65536..<262_144 { scrambled[index] = UInt8(truncatingIfNeeded: index &* 13) }
        var version = whole
        version[7] = 9
        let cases: [(String, [UInt8])] = [
            ("cut off", Array(whole[..<(whole.count / 2)])), ("cut off in the header", Array(whole[..<60])),
            ("scrambled", scrambled), ("of an unknown version", version),
            ("raw, cut off", [UInt8](repeating: 1, count: 1_500_001)),
            ("too small to be a disk", [UInt8](repeating: 1, count: 512)),
        ]
        for (what, content) in cases {
            let reply = try await add(try await upload(content))
            #expect(reply.status == 422, "\(what): \(reply.text)")
            #expect(reply.problem?.code == "bad-image", "\(what)")
            #expect(reply.problem?.detail?.contains(fixture.directory.path) == false, "\(what): \(reply.text)")
        }
        #expect(try imageNames().isEmpty)
        #expect(try await fixture.store.templates(after: nil, limit: 10).items.isEmpty)
    }

    @Test func anUnfinishedOrUnknownUploadCannotBeImported() async throws {
        #expect(try await add(.random()).status == 404)
        let id = UploadID.random()
        let transfer = try await fixture.uploads.begin(id, at: 0, total: 100)
        try await fixture.uploads.write([1, 2, 3], to: transfer)
        let reply = try await add(id)
        #expect(reply.problem?.code == "upload-unfinished")
        #expect(reply.problem?.detail?.contains("3 of 100") == true)
    }

    /// As a crash leaves them: the image has its second name, the store has not heard of it, and the digest that was
    /// made on the way is forgotten.
    @Test func aCrashBetweenFileAndStoreLeavesNothingHalf() async throws {
        let content = try bytes(try await image("disk"))
        let id = try await upload(content)
        let digest = SHA256Hasher.digest(of: content)
        try #require(link(fixture.directory.file("uploads/\(id)/data"), fixture.images.path(of: digest)) == 0)
        try Data([1]).write(to: URL(filePath: fixture.directory.file("images/half.part")))

        let uploads = try UploadStore(directory: fixture.directory.file("uploads"), time: fixture.time)
        let images = try ImageCatalogue(
            directory: fixture.directory.file("images"), store: fixture.store, uploads: uploads, logger: quiet)
        try await images.sweep()
        #expect(try imageNames().isEmpty)
        let request = TemplateImport(name: name, version: name, upload: id)
        #expect(try await images.add(request, by: "test").image.digest == digest)
        try await images.sweep()
        #expect(try bytes(images.path(of: digest)) == content)
    }
}

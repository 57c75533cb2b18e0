import FleetTestSupport
import FoundationEssentials
import ImageStore
import Subprocess
import Testing

@Suite struct ImageInspectorTests {
    private let inspector = ImageInspector()

    @Test func tellsFormatAndVirtualSize() async throws {
        let directory = try TemporaryDirectory()
        let qcow2 = try await ImageFixture.makeImage(in: directory, format: .qcow2)
        let expected = ImageInspector.Information(format: .qcow2, virtualSizeBytes: 3 << 20)
        #expect(try await inspector.inspect(qcow2) == expected)
        #expect(
            try await inspector.inspect(directory.file("disk.raw"))
                == ImageInspector.Information(format: .raw, virtualSizeBytes: 3 << 20))
    }

    @Test func anImageWithABackingFileIsRefusedAndTheBackingFileNotOpened() async throws {
        let directory = try TemporaryDirectory()
        // The backing file does not exist: had anything opened it, the message would say so.
        try await qemuImg(
            "create", "-u", "-f", "qcow2", "-b", "/etc/shadow-of-nothing", "-F", "raw",
            directory.file("overlay.qcow2"), "3M")
        try await expectUnusable(directory.file("overlay.qcow2"), because: "backing file")
    }

    @Test func anImageWithAnExternalDataFileIsRefused() async throws {
        let directory = try TemporaryDirectory()
        try await qemuImg(
            "create", "-f", "qcow2", "-o", "data_file=\(directory.file("data"))",
            directory.file("split.qcow2"), "3M")
        try await expectUnusable(directory.file("split.qcow2"), because: "external file")
    }

    @Test func anEncryptedImageIsRefused() async throws {
        // The header's encryption method becomes LUKS.
        try await expectUnusable(changing: 32..<36, to: [0, 0, 0, 2], because: "encrypted")
    }

    @Test func damageIsNoticed() async throws {
        // The place of the L1 table now lies past the end.
        try await expectUnusable(changing: 40..<48, to: [0, 0, 0, 0xFF, 0, 0, 0, 0], because: "damaged")
    }

    @Test func whatIsNoDiskImageIsRefused() async throws {
        let directory = try TemporaryDirectory()
        try Data("hello".utf8).write(to: URL(filePath: directory.file("text")))
        try await expectUnusable(directory.file("text"), because: "multiple of 512")
        try Data().write(to: URL(filePath: directory.file("empty")))
        try await expectUnusable(directory.file("empty"), because: "multiple of 512")
        let error = await #expect(throws: ImageError.self) {
            try await inspector.inspect(directory.file("text"), as: .qcow2)
        }
        #expect(error?.message.contains("not a qcow2 image") == true)
    }

    @Test func aMissingQemuImgSaysWhatToInstall() async throws {
        let directory = try TemporaryDirectory()
        let path = try await ImageFixture.makeImage(in: directory, format: .qcow2)
        let error = await #expect(throws: ImageError.self) {
            try await ImageInspector(qemuImg: directory.file("qemu-img")).inspect(path)
        }
        #expect(error?.code == .system)
        #expect(error?.message.contains("install qemu-utils") == true)
    }

    private func qemuImg(_ arguments: String...) async throws {
        _ = try await Subprocess.run("qemu-img", arguments).successful()
    }

    private func expectUnusable(changing range: Range<Int>, to value: [UInt8], because reason: String) async throws {
        let directory = try TemporaryDirectory()
        let path = try await ImageFixture.makeImage(in: directory, format: .qcow2)
        var bytes = try Data(contentsOf: URL(filePath: path))
        bytes.replaceSubrange(range, with: value)
        try bytes.write(to: URL(filePath: path))
        try await expectUnusable(path, because: reason)
    }

    private func expectUnusable(_ path: String, because reason: String) async throws {
        let error = await #expect(throws: ImageError.self) { try await inspector.inspect(path) }
        #expect(error?.code == .unusable)
        #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
    }
}

import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import Glibc
import Subprocess
import Testing

@testable import ImageStore

/// What Debian's casync makes we read, and what we make it reads.
@Suite struct CasyncTests {
    private let directory: TemporaryDirectory
    private let raw: String
    init() throws {
        directory = try TemporaryDirectory()
        raw = directory.file("disk.raw")
        // Data, a hole, the same data again, zeros that are stored, and an end that is no whole chunk.
        var random = SeededGenerator(seed: 4)
        let data = (0..<300_000).map { _ in UInt8.random(in: 0...255, using: &random) }
        let text = Array(String(repeating: "what compresses well ", count: 20_000).utf8)
        let hole = [UInt8](repeating: 0, count: 1 << 20)
        try Data(data + hole + data + text + hole + [7, 7, 7]).write(to: URL(filePath: raw))
    }

    private func casync(_ arguments: String...) async throws {
        _ = try await Subprocess.run("casync", arguments, environment: ["PATH": "/usr/bin:/bin"]).successful()
    }

    private func bytes(_ path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(filePath: path))) }

    private func publish(
        _ path: String, format: SourceImage.Format = .raw, as name: String = "ours"
    ) async throws -> ChunkPublisher.Publication {
        let publisher = ChunkPublisher(store: ChunkStore(directory: directory.file("store")), boot: "this")
        return try await publisher.publish(
            SourceImage(path: path, format: format), index: directory.file("\(name).caibx"))
    }

    private func extract(_ index: String, from store: String, to target: String, seeds: [String] = [])
        async throws -> ImageExtractor.Origins
    {
        try await ImageExtractor(source: .directory(ChunkStore(directory: directory.file(store))), seeds: seeds)
            .extract(ChunkIndex(file: directory.file(index)), to: directory.file(target))
    }

    @Test func ourIndexIsCasyncsByteByByteAndItExtractsOurStore() async throws {
        let publication = try await publish(raw)
        try await casync(
            "make", "--chunk-size=65536:65536:65536", "--store=" + directory.file("theirs"),
            directory.file("theirs.caibx"), raw)
        #expect(try bytes(directory.file("ours.caibx")) == bytes(directory.file("theirs.caibx")))
        try await casync(
            "extract", "--store=" + directory.file("store"), directory.file("ours.caibx"), directory.file("out.raw"))
        #expect(try bytes(directory.file("out.raw")) == bytes(raw))
        #expect(publication.addedChunks > 10)
        #expect(try DurableFile.entries(of: directory.file("store")).allSatisfy { !$0.hasPrefix(".") })
    }

    @Test(arguments: ["65536:65536:65536", "16384:65536:262144"])
    func weExtractWhatCasyncMade(chunks: String) async throws {
        try await casync(
            "make", "--chunk-size=" + chunks, "--store=" + directory.file("theirs"), directory.file("theirs.caibx"),
            raw)
        let origins = try await extract("theirs.caibx", from: "theirs", to: "out.raw")
        #expect(try bytes(directory.file("out.raw")) == bytes(raw))
        #expect(origins.bytes == DurableFile.size(raw) && origins.packed < origins.store)
    }

    @Test func whatIsThereIsNotAddedAgain() async throws {
        let first = try await publish(raw)
        let second = try await publish(raw)
        #expect(first.addedChunks > 0 && second.addedChunks == 0 && second.index == first.index)
    }

    @Test(arguments: [SourceImage.Format.qcow2, .vmdk, .vhdx])
    func anImageOfAnotherFormatIsWhatItsGuestSees(format: SourceImage.Format) async throws {
        let sized = directory.file("sized.raw")
        var content = try bytes(raw)
        content += [UInt8](repeating: 0, count: (4 << 20) - content.count)
        try Data(content).write(to: URL(filePath: sized))
        let image = directory.file("disk.\(format)")
        _ = try await Subprocess.run("qemu-img", ["convert", "-f", "raw", "-O", format.rawValue, sized, image])
            .successful()
        #expect(try await publish(image, format: format).index == publish(sized, as: "raw").index)
    }

    @Test func anImageOfMoreChunksThanAnIndexMayHaveIsRefused() async throws {
        let image = directory.file("huge.raw")
        try Data().write(to: URL(filePath: image))
        #expect(truncate(image, (256 << 30) + 4096) == 0)
        let publisher = ChunkPublisher(store: ChunkStore(directory: directory.file("store")), boot: "this")
        let error = await #expect(throws: ImageError.self) {
            try await publisher.publish(
                SourceImage(path: image, format: .raw), index: directory.file("huge.caibx"),
                chunkSize: ChunkSize(bytes: 4096))
        }
        #expect(error?.message.contains("more than 67108864 chunks of 4096") == true, "\(error)")
    }

    @Test func seedsAndWhatALastAttemptLeftAreUsedAndNothingIsBelievedUnread() async throws {
        let publication = try await publish(raw)
        var old = try bytes(raw)
        old.replaceSubrange(70_000..<70_010, with: [UInt8](repeating: 1, count: 10))
        let seed = directory.file("old.raw")
        try Data(old[..<(old.count - 100)]).write(to: URL(filePath: seed))
        let origins = try await extract("ours.caibx", from: "store", to: "new.raw", seeds: [seed])
        #expect(try bytes(directory.file("new.raw")) == bytes(raw))
        #expect(origins.store == 65_536 + UInt64(publication.index.range(of: publication.index.count - 1).count))
        #expect(origins.seeds > 0 && origins.holes > 0 && origins.bytes == publication.index.size)
        // An attempt that was broken off has left the first half, and rubbish.
        let half = Array(try bytes(raw)[..<500_000]) + [UInt8](repeating: 9, count: 100_000)
        try Data(half).write(to: URL(filePath: directory.file("again.raw.part")))
        let resumed = try await extract("ours.caibx", from: "store", to: "again.raw", seeds: [seed])
        #expect(try bytes(directory.file("again.raw")) == bytes(raw))
        #expect(resumed.target >= 458_752 && resumed.bytes == publication.index.size)
    }

    @Test func aDamagedOrMissingChunkIsNamedAndNoImageAppears() async throws {
        let publication = try await publish(raw)
        let store = ChunkStore(directory: directory.file("store"))
        let id = publication.index.id(of: 1)
        let good = try bytes(store.path(of: id))
        for bit in stride(from: 0, to: good.count * 8, by: max(1, good.count / 20)) {
            var bad = good
            bad[bit / 8] ^= 1 << (bit % 8)
            try DurableFile.replace(store.path(of: id), with: bad, mode: 0o444)
            let error = await #expect(throws: ImageError.self) {
                try await extract("ours.caibx", from: "store", to: "bad.raw")
            }
            #expect(error?.code == .wrongDigest && error?.message.contains("\(id)") == true, "bit \(bit)")
        }
        try DurableFile.remove(store.path(of: id))
        let error = await #expect(throws: ImageError.self) {
            try await extract("ours.caibx", from: "store", to: "bad.raw")
        }
        #expect(error?.message.contains("chunk \(id) is missing") == true)
        #expect(!DurableFile.exists(directory.file("bad.raw")))
    }

    /// The mark of a writing in an earlier boot: its chunks may not all be on the disk.
    @Test func afterAPowerFailureNothingIsTakenForGranted() async throws {
        let publication = try await publish(raw)
        let store = ChunkStore(directory: directory.file("store"))
        let (torn, whole) = (publication.index.id(of: 1), publication.index.id(of: 2))
        try DurableFile.replace(store.path(of: torn), with: [], mode: 0o444)
        // Whoever writes in the same boot has nothing to look through.
        try Data().write(to: URL(filePath: directory.file("store/.writing-this-1")))
        #expect(try await publish(raw).addedChunks == 0)
        #expect(!DurableFile.exists(directory.file("store/.writing-this-1")))
        try Data().write(to: URL(filePath: directory.file("store/.writing-before-1")))
        #expect(try await publish(raw).addedChunks == 1)
        #expect(store.contains(torn) && store.contains(whole))
        #expect(try DurableFile.entries(of: store.directory).allSatisfy { !$0.hasPrefix(".") })
        _ = try await extract("ours.caibx", from: "store", to: "out.raw")
    }

    @Test func whatHasNoImageInItIsRefused() async throws {
        try Data("no image".utf8).write(to: URL(filePath: directory.file("text.qcow2")))
        let error = await #expect(throws: ImageError.self) {
            try await publish(directory.file("text.qcow2"), format: .qcow2)
        }
        #expect(error?.message.contains("text.qcow2 with qemu-nbd") == true)
        await #expect(throws: ImageError.self) { try await publish(directory.file("nothing.raw")) }
    }
}

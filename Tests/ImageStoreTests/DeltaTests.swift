import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import Testing

@testable import ImageStore

/// One version of an image is made of another one and what has changed.
@Suite struct DeltaTests {
    private static let block = 4096
    private let directory: TemporaryDirectory
    init() throws { directory = try TemporaryDirectory() }

    private var store: ChunkStore { ChunkStore(directory: directory.file("store")) }
    private var delta: String { directory.file("1-2.delta") }

    /// Blocks of two hundred different contents, zeros among them.
    private static func content(blocks: Int, end: Int = 0, _ random: inout SeededGenerator) -> [UInt8] {
        (0..<blocks).flatMap { _ in block(UInt64.random(in: 0..<200, using: &random)) }
            + [UInt8](repeating: 7, count: end)
    }

    private static func block(_ number: UInt64) -> [UInt8] {
        guard number > 0 else { return [UInt8](repeating: 0, count: block) }
        var random = SeededGenerator(seed: number)
        return (0..<block / 8).flatMap { place in
            withUnsafeBytes(of: place % 2 == 0 ? UInt64.random(in: 0 ... .max, using: &random) : number) { Array($0) }
        }
    }

    private func publish(
        _ content: [UInt8], as name: String, chunkBytes: UInt64 = 65_536
    ) async throws -> ChunkIndex {
        try Data(content).write(to: URL(filePath: directory.file("\(name).raw")))
        return try await ChunkPublisher(store: store, boot: "this").publish(
            SourceImage(path: directory.file("\(name).raw"), format: .raw), index: directory.file("\(name).caibx"),
            chunkSize: ChunkSize(bytes: chunkBytes)
        ).index
    }

    /// Makes the image anew.
    private func extract(
        _ index: ChunkIndex, from store: String = "nowhere", seeds: [String] = ["1.raw"], delta: DeltaPack? = nil
    ) async throws -> (content: [UInt8], origins: ImageExtractor.Origins) {
        let target = directory.file("target.raw")
        try DurableFile.remove(target)
        let extractor = ImageExtractor(
            source: .directory(ChunkStore(directory: directory.file(store))), seeds: seeds.map(directory.file),
            delta: try delta ?? DeltaPack(file: self.delta))
        let origins = try await extractor.extract(index, to: target)
        return (try DurableFile.bytes(of: target), origins)
    }

    /// Of any two images, of any lengths, whose chunks have any lengths: without a store.
    @Test(arguments: 0..<40)
    func anyImageIsMadeOfAnyOther(number: UInt64) async throws {
        var random = SeededGenerator(seed: number)
        let chunkBytes: UInt64 = [4096, 65_536, 1 << 20].randomElement(using: &random)!
        let oldChunkBytes = [chunkBytes, 8192].randomElement(using: &random)!
        func end() -> Int { Int.random(in: 0..<Self.block, using: &random) }
        let old = Self.content(blocks: Int.random(in: 0..<600, using: &random), end: end(), &random)
        // Parts of the old one, in other places too, between what is new.
        var new: [UInt8] = Int.random(in: 0..<10, using: &random) == 0 ? old : []
        while new.count < Int.random(in: 0..<800, using: &random) * Self.block {
            if Bool.random(using: &random), new.count < old.count {
                new += old[new.count..<min(old.count, new.count + Int.random(in: 1..<300, using: &random) * Self.block)]
            } else {
                new += Self.content(blocks: Int.random(in: 1..<60, using: &random), &random)
            }
        }
        new += [UInt8](repeating: 9, count: end())
        let (first, second) = (
            try await publish(old, as: "1", chunkBytes: oldChunkBytes),
            try await publish(new, as: "2", chunkBytes: chunkBytes)
        )
        let outcome = try await DeltaMaker(store: store).make(from: first, to: second, at: delta)
        let (content, origins) = try await extract(second)
        #expect(content == new && origins.bytes == UInt64(new.count) && origins.store == 0)
        #expect(outcome.bytes == DurableFile.size(delta))
        #expect(try await ImageVerifier(second).faults(in: .delta(DeltaPack(file: delta))) == [])
    }

    @Test func aBlockIsThereOnceAndWhatHasNotChangedNever() async throws {
        var random = SeededGenerator(seed: 1)
        let old = Self.content(blocks: 1600, &random)
        var new = old
        // One block in each of fifty chunks, of three contents.
        for chunk in 0..<50 {
            let start = (chunk * 32 + 5) * Self.block
            new.replaceSubrange(start..<start + Self.block, with: Self.block(UInt64(1000 + chunk % 3)))
        }
        let (first, second) = (try await publish(old, as: "1"), try await publish(new, as: "2"))
        let outcome = try await DeltaMaker(store: store).make(from: first, to: second, at: delta)
        #expect(outcome.chunks == 50 && outcome.blocks == 3 && outcome.bytes < 8 * 4096)
        let (content, origins) = try await extract(second)
        #expect(content == new && origins.delta == 50 * 65_536)
    }

    /// Sections are packed by several threads, and a block may be in another section than the chunk.
    @Test func aDeltaOfManySectionsIsTheSameEachTime() async throws {
        var random = SeededGenerator(seed: 2)
        let old = Self.content(blocks: 100, &random)
        let fresh = (0..<2000).flatMap { Self.block(UInt64(10_000 + $0)) }
        let new = fresh + fresh.reversed()[...] + fresh
        let (first, second) = (try await publish(old, as: "1"), try await publish(new, as: "2"))
        var made: Set<[UInt8]> = []
        for _ in 0..<3 {
            _ = try await DeltaMaker(store: store).make(from: first, to: second, at: delta)
            made.insert(try DurableFile.bytes(of: delta))
        }
        #expect(made.count == 1)
        #expect(try DeltaPack(file: delta).entries.count > 3)
        #expect(try await extract(second).content == new)
    }

    @Test func everyFlippedBitIsSeenAndTheImageIsRightAllTheSame() async throws {
        var random = SeededGenerator(seed: 3)
        let old = Self.content(blocks: 40, &random)
        var new = old
        new.replaceSubrange(100_000..<100_020, with: [UInt8](repeating: 1, count: 20))
        let (first, second) = (try await publish(old, as: "1"), try await publish(new, as: "2"))
        _ = try await DeltaMaker(store: store).make(from: first, to: second, at: delta)
        let good = try DurableFile.bytes(of: delta)
        #expect(good.count > 300)
        for bit in 0..<good.count * 8 {
            var bad = good
            bad[bit / 8] ^= 1 << (bit % 8)
            try Data(bad).write(to: URL(filePath: delta))
            do {
                let pack = try DeltaPack(file: delta)
                let faults = try await ImageVerifier(second).faults(in: .delta(pack))
                #expect(faults.first?.reason == "section 0 of \(delta) is damaged", "bit \(bit)")
                if bit.isMultiple(of: 997) {
                    let (content, origins) = try await extract(second, from: "store", delta: pack)
                    #expect(content == new && origins.delta == 0 && origins.store == 65_536)
                }
            } catch let error as ImageError {
                #expect(error.message.hasPrefix("\(delta) is no delta of images: "), "bit \(bit): \(error)")
            }
        }
        for length in stride(from: 0, to: good.count, by: 7) {
            try Data(good[..<length]).write(to: URL(filePath: delta))
            #expect(throws: ImageError.self) { try DeltaPack(file: delta) }
        }
    }

    /// What a section holds is believed no more than what a stranger says.
    @Test func aSectionThatCannotBeIsNone() {
        var random = SeededGenerator(seed: 4)
        var draft = DeltaSectionDraft(firstBlock: 5)
        draft.append(3, [.asBefore, .new(5), .zeros, .new(2)], new: Self.block(1))
        let good = draft.bytes
        let section = DeltaSection(good, firstBlock: 5, blocksPerChunk: 4)
        #expect(section?.blocks(of: 3) == [.asBefore, .new(5), .zeros, .new(2)] && section?.blocks(of: 4) == nil)
        for length in 0..<good.count {
            #expect(DeltaSection(Array(good[..<length]), firstBlock: 5, blocksPerChunk: 4) == nil)
        }
        #expect(DeltaSection(good, firstBlock: .max, blocksPerChunk: 4) == nil)
        #expect(DeltaSection(good, firstBlock: 1, blocksPerChunk: 4) == nil, "a block that comes later")
        for _ in 0..<10_000 {
            var bad = good
            for _ in 0..<3 { bad[Int.random(in: 0..<24, using: &random)] = UInt8.random(in: 0...255, using: &random) }
            _ = DeltaSection(bad, firstBlock: 5, blocksPerChunk: 4)?.blocks(of: 3)
        }
    }

    @Test func whatDoesNotFitIsToldBeforeAnythingIsMade() async throws {
        var random = SeededGenerator(seed: 5)
        let (old, new) = (Self.content(blocks: 40, &random), Self.content(blocks: 50, &random))
        let (first, second) = (try await publish(old, as: "1"), try await publish(new, as: "2"))
        _ = try await DeltaMaker(store: store).make(from: first, to: second, at: delta)
        for (index, seeds, words) in [
            (first, ["1.raw"], "makes another image than the index names"),
            (second, [], "no seed has that length"), (second, ["2.caibx"], "no seed has that length"),
        ] {
            let error = await #expect(throws: ImageError.self) { try await extract(index, from: "store", seeds: seeds) }
            #expect(error?.message.contains(words) == true, "\(error)")
            #expect(!DurableFile.exists(directory.file("target.raw.part")))
        }
        // One of its length that is another image.
        try Data([UInt8](repeating: 3, count: old.count)).write(to: URL(filePath: directory.file("other.raw")))
        let (content, origins) = try await extract(second, from: "store", seeds: ["other.raw"])
        #expect(content == new && origins.delta + origins.store + origins.holes == origins.bytes)
        let error = await #expect(throws: ImageError.self) {
            try await DeltaMaker(store: store).make(
                from: first, to: ChunkIndex(.init(minimum: 1, average: 2, maximum: 3)), at: directory.file("none.delta")
            )
        }
        #expect(error?.message.contains("these have from 1 to 3 bytes") == true)
    }

    @Test func oneMakerAtATimeWorksOnADelta() async throws {
        var random = SeededGenerator(seed: 7)
        let index = try await publish(Self.content(blocks: 40, &random), as: "1")
        let lock = try FileLock(delta + ".part")
        let error = await #expect(throws: ImageError.self) {
            try await DeltaMaker(store: store).make(from: index, to: index, at: delta)
        }
        #expect(error?.message == "\(delta) is being made by somebody else; wait, or name another file")
        withExtendedLifetime(lock) {}
    }

    /// A delta that could not be made leaves nothing.
    @Test func aMissingChunkIsNamedAndLeavesNothing() async throws {
        var random = SeededGenerator(seed: 6)
        let (old, new) = (Self.content(blocks: 40, &random), Self.content(blocks: 40, &random))
        let (first, second) = (try await publish(old, as: "1"), try await publish(new, as: "2"))
        try DurableFile.remove(store.path(of: second.id(of: 1)))
        let error = await #expect(throws: ImageError.self) {
            try await DeltaMaker(store: store).make(from: first, to: second, at: delta)
        }
        #expect(error?.message.contains("chunk \(second.id(of: 1)) is missing") == true)
        #expect(!DurableFile.exists(delta) && !DurableFile.exists(delta + ".part"))
    }
}

import FleetTestSupport
import FoundationEssentials
import Glibc
import Subprocess
import Testing

@testable import ImageStore

@Suite struct ChunkIndexTests {
    private let directory: TemporaryDirectory
    init() throws { directory = try TemporaryDirectory() }

    private func index(_ lengths: ChunkIndex.Lengths, _ chunks: UInt64...) throws -> ChunkIndex {
        var index = ChunkIndex(lengths)
        for (number, length) in chunks.enumerated() {
            let id = [UInt8(number)].withUnsafeBytes { ChunkID(of: $0) }
            let isAdded = index.append(id, length: length)
            try #require(isAdded)
        }
        return index
    }

    private func written(_ index: ChunkIndex) throws -> [UInt8] {
        let path = directory.file("index.caibx")
        try index.write(to: path)
        return [UInt8](try Data(contentsOf: URL(filePath: path)))
    }

    private func read(_ bytes: [UInt8]) throws -> ChunkIndex {
        let path = directory.file("read.caibx")
        try Data(bytes).write(to: URL(filePath: path))
        return try ChunkIndex(file: path)
    }

    /// `printf '' | openssl dgst -sha512-256` and so on.
    @Test func chunksAreNamedBySHA512_256() {
        let empty = ChunkID(of: UnsafeRawBufferPointer(start: nil, count: 0))
        #expect(empty.description == "c672b8d1ef56ed28ab87c3622c5114069bdd3ad7b8f9737498d0c01ecef0967a")
        let abc = Array("abc".utf8).withUnsafeBytes { ChunkID(of: $0) }
        #expect(abc.description == "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23")
    }

    @Test func whatIsWrittenIsReadAgain() throws {
        for index in [
            try index(.fixed(4096)), try index(.fixed(4096), 1), try index(.fixed(4096), 4096, 4096, 17),
            try index(.init(minimum: 10, average: 20, maximum: 40), 10, 40, 25, 3),
        ] {
            #expect(try read(written(index)) == index)
            let ranges = (0..<index.count).map(index.range)
            #expect(ranges.last?.upperBound ?? 0 == index.size && (ranges.first?.lowerBound ?? 0) == 0)
            #expect(zip(ranges, ranges.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound })
        }
    }

    /// One that is longer than what is read at a time.
    @Test func aLongIndexIsReadInPieces() throws {
        var long = ChunkIndex(.fixed(65_536))
        for number in 0..<60_000 {
            _ = withUnsafeBytes(of: number) { long.append(ChunkID(of: $0), length: 65_536) }
        }
        #expect(try read(written(long)) == long)
    }

    /// Where the file has no other trace of it, a flipped bit shows in what is read: a chunk of another name, which the store does not
    /// have, another length, or what says nothing of the image (flags of casync's, the lengths that its chunks might have had).
    @Test func aFlippedBitIsRefusedOrSeen() throws {
        let good = try written(index(.fixed(4096), 4096, 4096, 17))
        let original = try read(good)
        let (flags, lengths, entries) = (16..<24, 24..<48, 64..<good.count - 40)
        for bit in 0..<good.count * 8 {
            var bad = good
            bad[bit / 8] ^= 1 << (bit % 8)
            let isInName = entries.contains(bit / 8) && (bit / 8 - entries.lowerBound) % 40 >= 8
            do {
                let read = try read(bad)
                let isSame = read.size == original.size && read.count == original.count
                if isInName {
                    #expect(isSame && read != original, "bit \(bit)")
                } else if entries.contains(bit / 8) {
                    #expect(!isSame, "bit \(bit)")
                } else {
                    #expect(flags.contains(bit / 8) || lengths.contains(bit / 8), "bit \(bit)")
                }
            } catch {
                #expect((error as? ImageError)?.message.contains("is no chunk index (.caibx): at byte") == true)
            }
        }
    }

    @Test func whatIsCutOffIsRefused() throws {
        let good = try written(index(.fixed(4096), 4096, 17))
        for length in 0..<good.count { #expect(throws: ImageError.self) { try read(Array(good[..<length])) } }
        #expect(throws: ImageError.self) { try read(good + [0]) }
        #expect(throws: ImageError.self) { try ChunkIndex(file: directory.file("nothing")) }
    }

    /// It gets no memory for what it only seems to hold.
    @Test func aFileThatIsMostlyAHoleIsRefused() throws {
        _ = try written(index(.fixed(4096), 4096, 17))
        let path = directory.file("index.caibx")
        #expect(truncate(path, 1 << 42) == 0)
        #expect(throws: ImageError.self) { try ChunkIndex(file: path) }
    }

    @Test func aChunkComesOnlyAfterWholeOnes() throws {
        var index = try index(.fixed(4096), 4096, 17)
        let id = index.id(of: 0)
        let afterShort = [4096, 0].map { index.append(id, length: $0) }
        #expect(afterShort == [false, false])
        var other = try self.index(.fixed(4096), 4096)
        let afterWhole = [4097, 1].map { other.append(id, length: $0) }
        #expect(afterWhole == [false, true])
    }
}

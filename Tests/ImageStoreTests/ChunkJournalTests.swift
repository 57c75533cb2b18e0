import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import Glibc
import Testing

@testable import ImageStore

/// What a journal says is believed of that image and that file alone.
@Suite struct ChunkJournalTests {
    private let directory: TemporaryDirectory
    private let id = [1, 2, 3].withUnsafeBytes { ChunkID(of: $0) }
    init() throws { directory = try TemporaryDirectory() }

    private func journal(
        _ id: ChunkID? = nil, count: Int = 20, of target: String = "target", isBelieved: Bool = true
    ) throws -> ChunkJournal {
        let path = directory.file(target)
        let descriptor = open(path, O_RDWR | O_CREAT, 0o600)
        defer { close(descriptor) }
        return try ChunkJournal(
            directory.file("journal"), index: id ?? self.id, count: count,
            of: ChunkJournal.Target(descriptor, path: path), isBelieved: isBelieved)
    }

    @Test func whatWasSavedIsKnownAgain() throws {
        let first = try journal()
        first.mark(0)
        first.mark(19)
        try first.save(first.marks)
        first.mark(5)
        let again = try journal()
        #expect((0..<20).filter(again.contains) == [0, 19], "what was not saved may not be on the disk")
    }

    @Test func thatOfAnotherImageOrAnotherFileIsBegunAnew() throws {
        let other = [9].withUnsafeBytes { ChunkID(of: $0) }
        for change in [
            { try self.journal(other) }, { try self.journal(of: "another") }, { try self.journal(count: 21) },
            { try self.journal(isBelieved: false) },
        ] {
            let first = try journal()
            first.mark(3)
            try first.save(first.marks)
            #expect(try !change().contains(3))
            #expect(try !journal().contains(3), "it is gone")
        }
    }

    @Test func everyDamageToItsHeadMakesItNone() throws {
        let first = try journal()
        first.mark(3)
        try first.save(first.marks)
        let good = try DurableFile.bytes(of: directory.file("journal"))
        for bit in 0..<128 * 8 {
            var bad = good
            bad[bit / 8] ^= 1 << (bit % 8)
            try Data(bad).write(to: URL(filePath: directory.file("journal")))
            #expect(try !journal().contains(3), "bit \(bit)")
        }
        try Data(good.dropLast()).write(to: URL(filePath: directory.file("journal")))
        #expect(try !journal().contains(3), "cut off")
    }

    /// Somebody removed it, or cut it off, and left its journal: the next file may well have its number.
    @Test(arguments: [nil, 0, 70_000]) func aPartThatIsNotWholeAnyMoreTakesItsJournalAlong(length: Int?) async throws {
        let image = try await ChunkedImage(chunks: 10)
        let part = image.target + ".part"
        do {
            let target = try TargetFile(for: image.target, image.index)
            for chunk in 0..<image.index.count { try target.note(chunk, bytes: 65_536) }
            try target.pause()
        }
        if let length { #expect(truncate(part, length) == 0) } else { try DurableFile.remove(part) }
        let origins = try await ImageExtractor(source: .directory(image.store)).extract(image.index, to: image.target)
        #expect(try image.isMade())
        #expect(origins.target == 0 && !DurableFile.exists(part + ".journal"))
    }

    /// A part that came from elsewhere is read, whatever a journal beside it says.
    @Test func aFileThatTookThePlaceOfThePartIsRead() async throws {
        let image = try await ChunkedImage(chunks: 10)
        let target = try TargetFile(for: image.target, image.index)
        for chunk in 0..<image.index.count { try target.note(chunk, bytes: 65_536) }
        try target.pause()
        let part = image.target + ".part"
        try Data(image.content[..<100_000] + [UInt8](repeating: 9, count: 200_000)).write(
            to: URL(filePath: part + ".new"))
        try DurableFile.rename(part + ".new", to: part)
        let origins = try await ImageExtractor(source: .directory(image.store)).extract(image.index, to: image.target)
        #expect(try image.isMade())
        #expect(origins.target == 65_536)
    }
}

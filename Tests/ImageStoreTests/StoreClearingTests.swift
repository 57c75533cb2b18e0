import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import Testing

@testable import ImageStore

/// What no index names goes, and nothing else, and never while somebody writes.
@Suite struct StoreClearingTests {
    private func indexes(_ images: [ChunkedImage]) throws -> TemporaryDirectory {
        let directory = try TemporaryDirectory()
        for (number, image) in images.enumerated() { try image.index.write(to: directory.file("\(number).caibx")) }
        return directory
    }

    /// Two images in the store of the first, with some chunks in common.
    private func images() async throws -> (ChunkedImage, ChunkedImage) {
        let (first, second) = (try await ChunkedImage(chunks: 20, seed: 1), try await ChunkedImage(chunks: 30, seed: 2))
        _ = try await ChunkPublisher(store: first.store, boot: "this")
            .publish(SourceImage(path: second.source, format: .raw), index: first.directory.file("second.caibx"))
        return (first, second)
    }

    private func faults(_ image: ChunkedImage, in store: ChunkStore) async throws -> Int {
        try await ImageVerifier(image.index).faults(in: .store(store)).count
    }

    @Test func whatNoIndexNamesIsRemoved() async throws {
        let (first, second) = try await images()
        let part = first.store.path(of: second.index.id(of: 0)) + ".17"
        try Data([1, 2, 3]).write(to: URL(filePath: part))
        try Data([1]).write(to: URL(filePath: first.store.directory + "/index.html"))
        let wanted = try indexes([first])
        let clearing = StoreClearing(first.store, indexes: wanted.path)
        let trial = try clearing.run(isTrial: true)
        #expect(try await faults(second, in: first.store) == 0, "nothing was removed")
        let outcome = try clearing.run(isTrial: false)
        #expect(outcome == trial && outcome.keptChunks == first.stored + 1)
        #expect(outcome.removedChunks == second.stored - 1, "the last chunk and the zeros are the first's as well")
        #expect(try await faults(first, in: first.store) == 0)
        #expect(try await faults(second, in: first.store) == outcome.removedChunks)
        #expect(!DurableFile.exists(part) && DurableFile.exists(first.store.directory + "/index.html"))
        #expect(try clearing.run(isTrial: false).removedChunks == 0)
    }

    @Test func withoutEveryIndexNothingIsRemoved() async throws {
        let (first, second) = try await images()
        let none = try TemporaryDirectory()
        #expect(throws: ImageError.self) { try StoreClearing(first.store, indexes: none.path).run(isTrial: false) }
        let wanted = try indexes([first])
        try Data("no index".utf8).write(to: URL(filePath: wanted.file("bad.caibx")))
        let error = #expect(throws: ImageError.self) {
            try StoreClearing(first.store, indexes: wanted.path).run(isTrial: false)
        }
        #expect(error?.message.contains("bad.caibx") == true)
        #expect(try await faults(second, in: first.store) == 0)
    }

    @Test func writersAndClearersKeepOutOfEachOthersWay() async throws {
        let (first, _) = try await images()
        let wanted = try indexes([first])
        let clearing = StoreClearing(first.store, indexes: wanted.path)
        do {
            // Two may write at the same time.
            let writings = [try StoreWriting(first.store, boot: "this"), try StoreWriting(first.store, boot: "this")]
            let error = #expect(throws: ImageError.self) { try clearing.run(isTrial: false) }
            #expect(error?.message.contains("somebody writes to") == true)
            for writing in writings { try writing.finish {} }
        }
        #expect(try DurableFile.entries(of: first.store.directory).allSatisfy { !$0.hasPrefix(".") })
        let lock = try FileLock(directory: first.store.directory, shared: false)
        let refused = #expect(throws: ImageError.self) { try StoreWriting(first.store, boot: "this") }
        #expect(refused?.message.contains("is being cleared") == true)
        withExtendedLifetime(lock) {}
    }
}

import FleetRuntime
import FleetTestSupport
import FoundationEssentials

@testable import ImageStore

/// An image of a test, its chunks in a store, and where it is to be made anew.
struct ChunkedImage {
    let directory: TemporaryDirectory
    let content: [UInt8]
    let index: ChunkIndex

    /// - Parameter chunks: of 64 KiB; every fourth is a hole, and the last has seven bytes.
    init(chunks: Int, seed: UInt64 = 5) async throws {
        var random = SeededGenerator(seed: seed)
        var content: [UInt8] = []
        for chunk in 0..<chunks {
            // Half of it does not compress.
            content += chunk % 4 == 3 ? [UInt8](repeating: 0, count: 65_536) : Self.chunk(&random)
        }
        try await self.init(of: content + [1, 2, 3, 4, 5, 6, 7])
    }

    init(of content: [UInt8]) async throws {
        directory = try TemporaryDirectory()
        self.content = content
        try Data(content).write(to: URL(filePath: directory.file("source.raw")))
        let publication = try await ChunkPublisher(store: ChunkStore(directory: directory.file("store")), boot: "this")
            .publish(
                SourceImage(path: directory.file("source.raw"), format: .raw), index: directory.file("source.caibx"))
        index = publication.index
    }

    private static func chunk(_ random: inout SeededGenerator) -> [UInt8] {
        let words = (0..<4096).map { _ in UInt64.random(in: 0 ... .max, using: &random) }
        return words.withUnsafeBytes { Array($0) }
            + [UInt8](repeating: UInt8.random(in: 0...255, using: &random), count: 32_768)
    }

    var source: String { directory.file("source.raw") }
    var store: ChunkStore { ChunkStore(directory: directory.file("store")) }
    var target: String { directory.file("target.raw") }

    /// How many chunks of it are no zeros.
    var stored: Int { Set((0..<index.count).map { index.id(of: $0) }).count - 1 }

    func isMade() throws -> Bool { try DurableFile.bytes(of: target) == content }

    @discardableResult
    func make(
        from mirrors: [String], seeds: [String] = [], certificateAuthority: String? = nil,
        progress: @escaping @Sendable (ImageExtractor.Origins, String?) -> Void = { _, _ in }
    ) async throws(ImageError) -> ImageExtractor.Origins {
        let servers = ChunkServers(mirrors: mirrors, token: "host-token", certificateAuthority: certificateAuthority)
        return try await ImageExtractor(source: .servers(servers), seeds: seeds, firstPause: .milliseconds(1))
            .extract(index, to: target, progress: progress)
    }

    /// What a web server answers that has the store.
    func answer(_ path: String) -> [UInt8]? { try? DurableFile.bytes(of: store.directory + path) }
}

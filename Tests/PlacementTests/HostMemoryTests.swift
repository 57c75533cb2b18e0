import FleetModel
import Testing

@testable import Placement

@Suite struct HostMemoryTests {
    @Test(
        arguments: [
            (64 << 30, 64, 8), (65_250_000 << 10, 63, 8), (31 << 30, 31, 8), (16 << 30, 16, 8),
            (15_900_000 << 10, 16, 8),
            (8 << 30, 8, 4), (7_900_000 << 10, 8, 4), (1, 1, 0),
        ] as [(UInt64, UInt64, UInt64)])
    func eightGibibytesOrHalfAreKeptForTheHost(total: UInt64, installed: UInt64, kept: UInt64) throws {
        let memory = try #require(HostMemory(MemoryDocument(totalBytes: total, hugePages: [])))
        #expect(memory.installedBytes == installed << 30)
        #expect(memory.keptBytes == (total == 1 ? 1 << 29 : kept << 30))
        #expect(memory.availableBytes == memory.installedBytes - memory.keptBytes)
    }
}

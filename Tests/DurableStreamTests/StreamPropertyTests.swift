import FleetModel
import FoundationEssentials
import Testing

@testable import DurableStream

@Suite struct StreamPropertyTests {
    /// Loss, duplicates, reordering, lost acknowledgements, dying agents and controllers.
    @Test(arguments: 1...40 as ClosedRange<UInt64>) func `every record is committed exactly once, in order`(
        seed: UInt64
    ) throws {
        let world = try StreamWorld(seed: seed)
        for _ in 0..<600 { try world.step() }
        try world.heal()
        world.checkOrder()
        #expect(world.database.committed.map(\.number) == world.appended.map(\.number), "seed \(seed)")
        #expect(world.database.gaps.isEmpty, "seed \(seed)")
        #expect(!world.outcomes.contains { if case .ignored = $0 { true } else { false } }, "seed \(seed)")
    }

    /// The controller's database is replaced by an old copy of itself, sometimes by a new one.
    @Test(arguments: 1...40 as ClosedRange<UInt64>) func `a restored controller gets back all that the host holds`(
        seed: UInt64
    ) throws {
        let world = try StreamWorld(seed: seed)
        var backup = StreamWorld.Database()
        for index in 0..<900 {
            try world.step()
            if index % 100 == 50 { backup = world.database }
            if index % 250 == 249 {
                world.database = world.chance(20) ? StreamWorld.Database() : backup
                world.acks = AckCoalescer()
                // `restore` renews the store; a database copied back by hand is found out by the host's presence.
                if world.chance(50) { world.database.store = .random() }
                world.disconnect()
                world.connect()
            }
        }
        try world.heal()
        world.checkOrder()
        #expect(
            Set(world.database.committed.map(\.number)) == Set(world.appended.map(\.number)), "seed \(seed)")
    }

    /// The agent's disk is set back to an old copy: what only the lost part knew is lost, and nothing else.
    @Test(arguments: 1...40 as ClosedRange<UInt64>) func `a spool rolled back loses only what nobody else had`(
        seed: UInt64
    ) throws {
        let world = try StreamWorld(seed: seed)
        let copy = world.directory.file("copy.db")
        var copied = 0
        var maybeLost: Set<Int> = []
        for index in 0..<900 {
            try world.step()
            if index % 150 == 40 {
                try world.crashAgent()
                world.spool = nil
                try? FileManager.default.removeItem(atPath: copy)
                try FileManager.default.copyItem(atPath: world.path, toPath: copy)
                try world.openSpool()
                copied = world.appended.count
            }
            if index % 300 == 299 {
                world.disconnect()
                world.spool = nil
                try FileManager.default.removeItem(atPath: world.path)
                try FileManager.default.copyItem(atPath: copy, toPath: world.path)
                try world.crashAgent()
                maybeLost.formUnion(world.appended[copied...].map(\.number))
            }
        }
        try world.heal()
        world.checkOrder()
        let committed = Set(world.database.committed.compactMap(\.number))
        #expect(Set(world.appended.map(\.number)).subtracting(committed).isSubset(of: maybeLost), "seed \(seed)")
    }

    /// A spool far too small: what is precious goes last, what is dropped is counted, and the stream goes on.
    @Test(arguments: 1...40 as ClosedRange<UInt64>) func `a full spool drops the least, and says what`(seed: UInt64)
        throws
    {
        let world = try StreamWorld(
            seed: seed, limits: SpoolLimits(bytes: 6000, acknowledgedBytes: 1000, reserveBytes: 4096))
        var refused: Set<Int> = []
        var dropped: UInt64 = 0
        for _ in 0..<500 {
            try world.step()
            guard world.chance(40) else { continue }
            let isPrecious = world.chance(20)
            let before = world.spool.statistics.dropped
            do {
                try world.append(1, type: isPrecious ? .jobStatus : .clockJumped, padding: 40)
            } catch SpoolError.full {
                #expect(!isPrecious, "seed \(seed): a precious record was refused")
                refused.insert(world.appended.count)
            }
            dropped += world.spool.statistics.dropped - before
            #expect(world.spool.statistics.bytes <= 6000, "seed \(seed)")
        }
        try world.heal()
        world.checkOrder()
        let committed = Set(world.database.committed.compactMap(\.number))
        let missing = world.appended.filter { !committed.contains($0.number) && !refused.contains($0.number) }
        // A record that was dropped while it was on its way may have arrived all the same.
        #expect(UInt64(missing.count) <= world.database.dropped, "seed \(seed)")
        #expect(world.database.gaps.isEmpty, "seed \(seed)")
        #expect(refused.isDisjoint(with: committed), "seed \(seed)")
    }
}

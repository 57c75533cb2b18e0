import FleetModel
import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import Testing

@testable import DurableStream

@Suite struct FullDiskTests {
    let disk: SmallFileSystem
    let time = ManualTimeSource()
    let log = LogLines()
    init() throws { disk = try SmallFileSystem(bytes: 4 << 20) }

    func open() throws -> Spool {
        try Spool(
            path: disk.file("spool.db"), limits: SpoolLimits(reserveBytes: 1 << 20), time: time, bootID: "boot",
            logger: log.logger)
    }

    let event = HostEvent(what: "test", message: String(repeating: "x", count: 400))

    /// - Returns: how many were taken before the first refusal.
    func appendUntilRefused(_ type: EventType, to spool: Spool) async -> Int {
        for count in 0..<20_000 {
            do {
                try await spool.append(type, event)
            } catch {
                #expect(error == .full(path: disk.file("spool.db")))
                return count
            }
        }
        Issue.record("the disk never filled up")
        return 0
    }

    @Test func `on a full disk precious records still find room, and all goes on once there is space`() async throws {
        let spool = try open()
        try await spool.append(.clockJumped, event)
        try disk.fill()

        let expendable = await appendUntilRefused(.clockJumped, to: spool)
        let precious = await appendUntilRefused(.jobStatus, to: spool)
        #expect(precious > 500, "the reserve gave room for \(precious) only")
        #expect(spool.statistics.refused == 2)
        #expect(spool.statistics.records == UInt64(1 + expendable + precious))
        #expect(log.lines.contains { $0.contains("no room") })

        try disk.drain()
        time.advance(by: .seconds(10))
        try await spool.append(.clockJumped, event)
        try await spool.append(.jobStatus, event)
        let records = try await spool.unacknowledged(limit: 20_000)
        #expect(records.map(\.header.seq) == (1...UInt64(3 + expendable + precious)).map { $0 })
    }

    @Test func `acknowledgements are taken on a full disk, and make room`() async throws {
        let spool = try open()
        for _ in 0..<200 { try await spool.append(.jobStatus, event) }
        try disk.fill()
        _ = await appendUntilRefused(.jobStatus, to: spool)
        let held = spool.statistics.records
        _ = try await spool.unacknowledged(limit: Int(held))
        let position = StreamPosition(store: .random(), epoch: spool.epoch, seq: held)
        #expect(throws: Never.self) { try disk.fill(leaving: 16 << 10) }
        #expect(try await spool.acknowledge(position) == .advanced)
        #expect(spool.statistics.unacknowledgedRecords == 0)
    }

    @Test func `a spool opens on a full disk, and takes what is precious`() async throws {
        do {
            let spool = try open()
            try await spool.append(.jobStatus, event)
        }
        try disk.fill()
        let spool = try open()
        #expect(try await spool.unacknowledged(limit: 10).count == 1)
        try await spool.append(.jobStatus, event)
        #expect(spool.statistics.records == 2)
    }
}

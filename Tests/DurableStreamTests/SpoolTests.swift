import FleetModel
import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import SQLite
import Synchronization
import Testing

@testable import DurableStream

@Suite struct SpoolTests {
    let directory: TemporaryDirectory
    let time = ManualTimeSource()
    let log = LogLines()
    init() throws { directory = try TemporaryDirectory() }

    func open(_ path: String? = nil, limits: SpoolLimits = SpoolLimits(reserveBytes: 4096)) throws -> Spool {
        try Spool(
            path: path ?? directory.file("spool.db"), limits: limits, time: time, bootID: "boot-1", logger: log.logger)
    }

    func event(_ number: Int) -> HostEvent { HostEvent(what: "test", message: "\(number)") }

    func messages(_ records: [StreamRecord]) throws -> [String] {
        try records.map { try FleetJSON.decode(StreamBody<HostEvent>.self, from: Data($0.json())).body.message }
    }

    @Test func `a record travels as one flat object`() async throws {
        let spool = try open()
        try await spool.append(.agentStarted, event(1))
        let record = try #require(try await spool.unacknowledged(limit: 1).first)
        let value = try FleetJSON.decode(JSONValue.self, from: Data(record.json()))
        guard case .object(let members) = value else {
            Issue.record("not an object")
            return
        }
        #expect(Set(members.keys) == ["epoch", "seq", "first", "time", "bootID", "uptime", "type", "body"])
        #expect(members["epoch"] == .string(spool.epoch.description))
        #expect(members["seq"] == .integer(1))
        #expect(members["body"]?["message"] == .string("1"))
    }

    @Test func `every opening is a new epoch, and older ones go first`() async throws {
        var epochs: [EpochID] = []
        for number in 1...3 {
            let spool = try open()
            epochs.append(spool.epoch)
            try await spool.append(.agentStarted, event(number))
        }
        #expect(Set(epochs).count == 3)
        let spool = try open()
        let store = StoreID.random()
        for (index, epoch) in epochs.enumerated() {
            let records = try await spool.unacknowledged(limit: 10)
            #expect(records.map(\.header.epoch) == [epoch])
            #expect(try messages(records) == ["\(index + 1)"])
            #expect(try await spool.acknowledge(StreamPosition(store: store, epoch: epoch, seq: 1)) == .advanced)
        }
        #expect(try await spool.unacknowledged(limit: 10).isEmpty)
        #expect(spool.acked == StreamPosition(store: store, epoch: epochs[2], seq: 1))
    }

    @Test func `what is acknowledged stays acknowledged`() async throws {
        let store = StoreID.random()
        let epoch: EpochID
        do {
            let spool = try open()
            epoch = spool.epoch
            for number in 1...5 { try await spool.append(.agentStarted, event(number)) }
            _ = try await spool.unacknowledged(limit: 5)
            try await spool.acknowledge(StreamPosition(store: store, epoch: spool.epoch, seq: 3))
        }
        let spool = try open()
        #expect(spool.acked == StreamPosition(store: store, epoch: epoch, seq: 3))
        #expect(try await messages(spool.unacknowledged(limit: 10)) == ["4", "5"])
        #expect(spool.statistics.records == 5)
        #expect(spool.statistics.unacknowledgedRecords == 2)
    }

    @Test func `an event with a key is taken once while it is held`() async throws {
        let store = StoreID.random()
        do {
            let spool = try open()
            for number in 1...2 { try await spool.append(.jobStatus, event(number), key: "a") }
            try await spool.append(.jobStatus, event(3), key: "b")
            for number in 4...5 { try await spool.append(.jobStatus, event(number)) }
            #expect(try await messages(spool.unacknowledged(limit: 10)) == ["1", "3", "4", "5"])
            try await spool.acknowledge(StreamPosition(store: store, epoch: spool.epoch, seq: 4))
        }
        // Offered in another life, with nothing new: the epoch that says nothing is none.
        var spool = try open()
        let recorded = spool.recorded
        try await spool.append(.jobStatus, event(6), key: "a")
        #expect(try await spool.unacknowledged(limit: 10).isEmpty)
        #expect(spool.recorded == recorded && spool.statistics.records == 4)
        // A database that lacks it gets what is held, once.
        try await spool.acknowledge(StreamPosition(store: .random(), epoch: .random(), seq: 1))
        #expect(try await messages(spool.unacknowledged(limit: 10)) == ["1", "3", "4", "5"])

        // What is gone from here may be missing there.
        spool = try open(directory.file("other.db"))
        try await spool.append(.jobStatus, event(1), key: "a")
        _ = try await spool.unacknowledged(limit: 1)
        time.advance(by: .seconds(8 * 86400))
        try await spool.acknowledge(StreamPosition(store: store, epoch: spool.epoch, seq: 1))
        try await spool.append(.jobStatus, event(2), key: "a")
        #expect(try await messages(spool.unacknowledged(limit: 10)) == ["2"])
    }

    @Test func `an acknowledgement of more than was sent is not believed`() async throws {
        let spool = try open()
        for number in 1...5 { try await spool.append(.agentStarted, event(number)) }
        let store = StoreID.random()
        #expect(try await spool.unacknowledged(limit: 2).count == 2)
        let claim = StreamPosition(store: store, epoch: spool.epoch, seq: 3)
        #expect(try await spool.acknowledge(claim) == .ignored(claimed: claim))
        #expect(spool.acked == nil)
        #expect(try await spool.acknowledge(StreamPosition(store: store, epoch: .random(), seq: 9)) == .unchanged)
        #expect(spool.statistics.unacknowledgedRecords == 5)
    }

    @Test func `concurrent appends all arrive, each caller's in order`() async throws {
        let spool = try open()
        try await withThrowingTaskGroup { group in
            for caller in 0..<8 {
                group.addTask {
                    for number in 0..<50 {
                        try await spool.append(
                            .agentStarted, HostEvent(what: "\(caller)", message: "\(number)"))
                    }
                }
            }
            try await group.waitForAll()
        }
        let records = try await spool.unacknowledged(limit: 1000)
        #expect(records.map(\.header.seq) == Array(1...400))
        let bodies = try records.map { try FleetJSON.decode(HostEvent.self, from: Data($0.body)) }
        for caller in 0..<8 {
            #expect(bodies.filter { $0.what == "\(caller)" }.map(\.message) == (0..<50).map(String.init))
        }
    }

    @Test func `acknowledged records stay for a week`() async throws {
        let spool = try open()
        let store = StoreID.random()
        try await spool.append(.agentStarted, event(1))
        time.advance(by: .seconds(4 * 86400))
        try await spool.append(.agentStarted, event(2))
        _ = try await spool.unacknowledged(limit: 2)
        try await spool.acknowledge(StreamPosition(store: store, epoch: spool.epoch, seq: 2))
        #expect(spool.statistics.records == 2)
        time.advance(by: .seconds(4 * 86400))
        try await spool.append(.agentStarted, event(3))
        _ = try await spool.unacknowledged(limit: 1)
        try await spool.acknowledge(StreamPosition(store: store, epoch: spool.epoch, seq: 3))
        #expect(spool.statistics.records == 2)
        // Another store gets what is still there, and is told that nothing before it will come.
        #expect(
            try await spool.acknowledge(StreamPosition(store: .random(), epoch: spool.epoch, seq: 0)) == .newStore)
        let records = try await spool.unacknowledged(limit: 9)
        #expect(records.map(\.header.seq) == [2, 3])
        #expect(records.map(\.header.first) == [2, 2])
    }

    @Test func `acknowledged records stay within their size`() async throws {
        let spool = try open(limits: SpoolLimits(acknowledgedBytes: 2000, reserveBytes: 4096))
        for number in 1...100 { try await spool.append(.agentStarted, event(number)) }
        _ = try await spool.unacknowledged(limit: 100)
        try await spool.acknowledge(StreamPosition(store: .random(), epoch: spool.epoch, seq: 100))
        #expect(spool.statistics.bytes <= 2000)
        #expect(spool.statistics.records > 5)
        #expect(spool.statistics.unacknowledgedRecords == 0)
    }

    @Test func `precious records push out expendable ones, and a run of drops is one record`() async throws {
        let spool = try open(limits: SpoolLimits(bytes: 4000, reserveBytes: 4096))
        for number in 1...15 { try await spool.append(.clockJumped, event(number)) }
        for number in 16...30 { try await spool.append(.jobStatus, event(number)) }
        let records = try await spool.unacknowledged(limit: 100)
        #expect(try messages(records.filter { $0.header.type == .jobStatus }) == (16...30).map(String.init))
        let drop = try #require(records.first)
        #expect(drop.header.type == .streamDropped)
        let body = try FleetJSON.decode(DroppedRecords.self, from: Data(drop.body))
        #expect(body.count == spool.statistics.dropped)
        #expect(drop.header.from == 1)
        #expect(drop.header.seq == body.count)
        #expect(spool.statistics.bytes <= 4000)

        // Only precious records left: nothing expendable comes in any more.
        for number in 31...60 { try await spool.append(.jobStatus, event(number)) }
        await #expect(throws: SpoolError.full(path: directory.file("spool.db"))) {
            try await spool.append(.clockJumped, event(61))
        }
        #expect(spool.statistics.refused == 1)
        #expect(try await spool.unacknowledged(limit: 100).dropFirst().allSatisfy { $0.header.type == .jobStatus })
    }

    @Test func `a record too large for the broker is refused by size`() async throws {
        let spool = try open()
        await #expect(throws: SpoolError.recordTooLarge(bytes: 200_030, limit: 128 << 10)) {
            try await spool.append(.agentStarted, HostEvent(what: "x", message: String(repeating: "y", count: 200_005)))
        }
        #expect(spool.statistics.records == 0)
    }

    @Test func `two agents cannot share a spool`() throws {
        let path = directory.file("spool.db")
        let spool = try open(path)
        #expect(throws: SQLiteError.self) { try Connection(path: path) }
        #expect(spool.statistics.records == 0)
    }

    @Test(arguments: ["this is no database, but it is long enough to be read as one", ""])
    func `a damaged file is moved aside and reported`(content: String) async throws {
        let path = directory.file("spool.db")
        do {
            let spool = try open()
            for number in 1...200 { try await spool.append(.agentStarted, event(number)) }
        }
        if content.isEmpty {
            // Damage in the middle.
            var bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
            for index in 4096..<min(bytes.count, 20_000) { bytes[index] = 0xA5 }
            try Data(bytes).write(to: URL(filePath: path))
        } else {
            try content.write(toFile: path, atomically: false, encoding: .utf8)
        }
        let spool = try open()
        let records = try await spool.unacknowledged(limit: 10)
        #expect(records.map(\.header.type) == [.streamDropped])
        let moved = try FileManager.default.contentsOfDirectory(atPath: directory.path).filter {
            $0.contains("corrupt")
        }
        #expect(moved == ["spool.db.corrupt-1790000000"])
        #expect(log.lines.contains { $0.contains("damaged") })
        try await spool.append(.agentStarted, event(1))
    }

    @Test func `a spool of a newer version is left alone`() throws {
        let path = directory.file("spool.db")
        try Connection(path: path).execute("PRAGMA user_version = 99")
        #expect(throws: SpoolError.self) { try open() }
        #expect(try Connection(path: path).first("PRAGMA user_version")?.get(0) == 99)
    }
}

/// A logger's lines.
final class LogLines: Sendable {
    private let stored = Mutex<[String]>([])
    var lines: [String] { stored.withLock { $0 } }
    var logger: Logger {
        Logger(label: "spool", level: .debug) { [weak self] _, line in self?.stored.withLock { $0.append(line) } }
    }
}

import FleetModel
import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import SQLite
import Testing

@testable import DurableStream

/// One agent and one controller with a bad network between them, stepped by a seed. The agent's spool is a real file;
/// everything else is in memory, and only the seed decides what happens.
final class StreamWorld {
    struct Body: Codable, Sendable, Equatable { var number: Int }
    struct Committed: Equatable {
        var epoch: EpochID
        var seq: UInt64
        /// The body's number, nil for a `stream.dropped` record.
        var number: Int?
    }
    /// What a controller's database is: it survives its process, and can be copied.
    struct Database {
        var store = StoreID.random()
        var receiver = StreamReceiver()
        var committed: [Committed] = []
        var gaps: [ClosedRange<UInt64>] = []
        var dropped: UInt64 = 0
    }

    static let host = HostID.random()
    let seed: UInt64
    var random: SeededGenerator
    let directory: TemporaryDirectory
    let time = ManualTimeSource()
    let limits: SpoolLimits

    var spool: SpoolFile!
    var sender = StreamSender(jitter: { 0.5 })
    var isConnected = false
    var appended: [(number: Int, type: EventType)] = []
    var outcomes: [AcknowledgeOutcome] = []

    var database = Database()
    var acks = AckCoalescer()
    var retainedAck: StreamPosition?

    var up: [StreamRecord] = []
    var down: [StreamPosition] = []
    /// Set to keep copies of a restored database from hiding losses that are none.
    var lossless = false

    init(seed: UInt64, limits: SpoolLimits = SpoolLimits(reserveBytes: 4096)) throws {
        self.seed = seed
        self.limits = limits
        random = SeededGenerator(seed: seed)
        directory = try TemporaryDirectory()
        try openSpool()
    }

    var path: String { directory.file("spool.db") }

    func openSpool() throws {
        spool = nil
        var moved: String?
        spool = try SpoolFile(path: path, limits: limits, time: time, movedAside: &moved)
        #expect(moved == nil, "seed \(seed)")
        // No sync in tests of logic: what is tested here is order, not the disk.
        try spool.connection.execute("PRAGMA synchronous = OFF")
    }

    // MARK: the agent

    func append(_ count: Int, type: EventType = .vmLifecycle, padding: Int = 0) throws {
        var batch: [NewRecord] = []
        for _ in 0..<count {
            let number = appended.count + 1
            appended.append((number, type))
            var body = [UInt8](try FleetJSON.encode(Body(number: number)))
            body += [UInt8](repeating: 0x20, count: padding)
            batch.append(
                NewRecord(type: type, time: time.now(), bootID: "boot", uptime: time.uptime().seconds, body: body))
        }
        try spool.append(batch)
    }

    func pump() throws {
        while isConnected, let request = sender.request {
            let records = try spool.unacknowledged(after: request.after, limit: min(request.limit, 16))
            if records.isEmpty { return }
            for record in records {
                up.append(record)
                sender.sent(
                    StreamPlace(epoch: record.header.epoch, seq: record.header.seq), at: time.monotonic())
            }
            #expect(sender.unacknowledgedCount <= 64, "seed \(seed)")
            #expect(Set(records.map(\.header.epoch)).count == 1, "seed \(seed)")
        }
    }

    func connect() {
        isConnected = true
        sender.connected()
        // Presence, and the retained acknowledgement.
        let evidence = RestoreEvidence(
            acked: spool.acked, store: database.store, receiver: database.receiver)
        if evidence == .restored { database.store = .random() }
        if evidence != .none, let acked = spool.acked {
            acknowledge(epoch: acked.epoch)
        } else if let retainedAck {
            down.append(retainedAck)
        }
    }

    func disconnect() {
        isConnected = false
        sender.disconnected()
    }

    func crashAgent() throws {
        disconnect()
        up.removeAll { _ in Bool.random(using: &random) }
        sender = StreamSender(jitter: { 0.5 })
        try openSpool()
    }

    func deliverAck(at index: Int, keep: Bool) throws {
        let position = keep ? down[index] : down.remove(at: index)
        guard isConnected else { return }
        let outcome = try spool.acknowledge(position, now: time.now())
        outcomes.append(outcome)
        switch outcome {
        case .advanced:
            sender.acknowledged(StreamPlace(epoch: position.epoch, seq: position.seq), at: time.monotonic())
        case .newStore: sender.storeChanged()
        case .unchanged, .ignored: break
        }
    }

    // MARK: the controller

    func deliver(at index: Int, keep: Bool) throws {
        let record = keep ? up[index] : up.remove(at: index)
        // Over the wire and back, so that the flat form is tested too.
        let json = Data(try record.json())
        let header = try FleetJSON.decode(StreamHeader.self, from: json)
        switch database.receiver.receive(header) {
        case .commit(let gap):
            if header.type == .streamDropped {
                let body = try FleetJSON.decode(StreamBody<DroppedRecords>.self, from: json).body
                database.dropped += body.count
                database.committed.append(Committed(epoch: header.epoch, seq: header.seq))
            } else {
                let body = try FleetJSON.decode(StreamBody<Body>.self, from: json).body
                database.committed.append(
                    Committed(epoch: header.epoch, seq: header.seq, number: body.number))
            }
            if let gap { database.gaps.append(gap) }
        case .duplicate, .ahead: break
        }
        acknowledge(epoch: header.epoch)
    }

    func acknowledge(epoch: EpochID) {
        let position = StreamPosition(
            store: database.store, epoch: epoch, seq: database.receiver.position(in: epoch))
        acks.acknowledge(position, to: Self.host)
    }

    func publishAcks() {
        for (_, position) in acks.due(at: time.monotonic()) {
            retainedAck = position
            down.append(position)
        }
    }

    // MARK: time and chance

    func pass(_ duration: Duration) {
        time.advance(by: duration)
        sender.timePassed(to: time.monotonic())
        publishAcks()
    }

    func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    /// One step of a bad day.
    func step() throws {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<25: try append(Int.random(in: 1...6, using: &random))
        case 25..<45: try pump()
        case 45..<70:
            guard let index = up.indices.randomElement(using: &random) else { return }
            if chance(15) {
                up.remove(at: index)
            } else {
                // Mostly in order, else nothing would ever get through.
                try deliver(at: chance(80) ? 0 : index, keep: chance(10))
            }
        case 70..<82:
            guard let index = down.indices.randomElement(using: &random) else { return }
            if chance(20) { down.remove(at: index) } else { try deliverAck(at: index, keep: chance(15)) }
        case 82..<90: pass(.seconds(Int.random(in: 0...3, using: &random)))
        case 90..<92: pass(.seconds(Int.random(in: 30...90, using: &random)))
        case 92..<95: if isConnected { disconnect() } else { connect() }
        case 95..<97: connect()
        case 97: try crashAgent()
        // The controller's process dies: its database and the broker's retained message stay.
        case 98: acks = AckCoalescer()
        default: down.removeAll()
        }
    }

    /// A good day: everything arrives in order until nothing is left to send.
    func heal() throws {
        disconnect()
        connect()
        for _ in 0..<20_000 {
            try pump()
            while !up.isEmpty { try deliver(at: 0, keep: false) }
            pass(.seconds(1))
            while !down.isEmpty { try deliverAck(at: 0, keep: false) }
            if spool.statistics.unacknowledgedRecords == 0, try spool.unacknowledged(after: nil, limit: 1).isEmpty {
                return
            }
        }
        Issue.record("seed \(seed): the stream never came to rest: \(spool.statistics)")
    }

    /// Every number at most once, and each epoch's records in order without a hole.
    func checkOrder() {
        var next: [EpochID: UInt64] = [:]
        for record in database.committed where record.number != nil {
            #expect(record.seq > next[record.epoch] ?? 0, "seed \(seed): \(record)")
            next[record.epoch] = record.seq
        }
        let numbers = database.committed.compactMap(\.number)
        #expect(Set(numbers).count == numbers.count, "seed \(seed): a record was committed twice")
    }
}

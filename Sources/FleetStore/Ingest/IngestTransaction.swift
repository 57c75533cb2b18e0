import DurableStream
import FleetModel
import FleetRuntime
import FoundationEssentials
import SQLite

/// Applies arrivals in order, inside one database transaction. One value serves one commit.
struct IngestTransaction {
    let connection: Connection
    /// CLOCK_BOOTTIME.
    let uptime: Duration
    var memory: IngestMemory
    /// Of the hosts of this commit, as it leaves them.
    private(set) var receivers: [HostID: StreamReceiver] = [:]
    private let before: [HostID: StreamReceiver]
    var outcome: CommitOutcome
    /// To be stored at the end: a host often reports several states of a job at once.
    var changedJobs: [JobID: StoredJob] = [:]
    /// Positions to be stored and acknowledged at the end.
    private var touched: [HostID: Set<EpochID>] = [:]

    init(connection: Connection, uptime: Duration, memory: IngestMemory, receivers: [HostID: StreamReceiver]) {
        self.connection = connection
        self.uptime = uptime
        self.memory = memory
        before = receivers
        outcome = CommitOutcome(store: memory.storeID)
    }

    mutating func run(_ arrivals: [Arrival], refused: [RefusedPayload]) throws {
        for refusal in refused { try refuse(refusal) }
        for arrival in arrivals { try apply(arrival) }
        try storeJobs()
        try storePositions()
        outcome.store = memory.storeID
    }

    private mutating func apply(_ arrival: Arrival) throws {
        let host = arrival.host
        guard memory.hosts.contains(host) else {
            try refuse(
                RefusedPayload(
                    receivedAt: arrival.receivedAt, topic: arrival.topic, reason: .unknownHost,
                    payload: arrival.payload))
            if arrival.content.isState { memory.strays.insert(arrival.topic) }
            return
        }
        if !arrival.retained { seen(host, at: arrival.receivedAt) }
        switch arrival.content {
        case .presence(let presence): try apply(presence, arrival)
        case .inventory(let part, let digest, let document):
            try InventoryRepository(connection: connection).put(
                document, part: part, digest: digest, of: host, at: arrival.receivedAt)
        case .vm(let vm): try VMRepository(connection: connection).put(vm, of: host, at: arrival.receivedAt)
        case .vmGone(let vm): try VMRepository(connection: connection).remove(vm, of: host)
        case .record(let header, let text, let report): try apply(header, text: text, report: report, arrival)
        case .progress(let progress): try apply(progress, of: host)
        case .metrics(let batch):
            outcome.metrics.append(ReceivedMetrics(host: host, receivedAt: arrival.receivedAt, batch: batch))
        }
    }

    private mutating func refuse(_ refused: RefusedPayload) throws {
        try RefusedRepository(connection: connection).add(refused)
        outcome.refused.append(refused)
    }

    mutating func seen(_ host: HostID, at time: Date) {
        memory.lastSeen[host] = time
        memory.unsavedLastSeen.insert(host)
    }

    // MARK: The durable record

    mutating func receiver(of host: HostID) throws -> StreamReceiver {
        if let receiver = receivers[host] ?? before[host] { return receiver }
        let receiver = try PositionRepository(connection: connection).receiver(of: host)
        receivers[host] = receiver
        return receiver
    }

    /// The host is to be told how far this epoch is committed.
    mutating func acknowledge(_ epoch: EpochID, of host: HostID) { touched[host, default: []].insert(epoch) }

    private mutating func apply(_ header: StreamHeader, text: String, report: JobReport?, _ arrival: Arrival) throws {
        let host = arrival.host
        var receiver = try receiver(of: host)
        let decision = receiver.receive(header)
        receivers[host] = receiver
        acknowledge(header.epoch, of: host)
        switch decision {
        case .duplicate: outcome.duplicates += 1
        case .ahead: break
        case .commit(let gap):
            let events = EventRepository(connection: connection)
            if let gap {
                outcome.lost += gap.upperBound - gap.lowerBound + 1
                let record = StreamGap.record(of: gap, before: header)
                outcome.newest = try events.add(
                    record.header, record: try FleetJSON.storedText(record), of: host, at: arrival.receivedAt)
            }
            outcome.newest = try events.add(header, record: text, of: host, at: arrival.receivedAt)
            outcome.committed += 1
            if let report { try apply(report, of: host, at: arrival.receivedAt) }
        }
        try settle(host)
    }

    private mutating func storePositions() throws {
        let positions = PositionRepository(connection: connection)
        for (host, epochs) in touched {
            let receiver = try receiver(of: host)
            for epoch in epochs {
                let seq = receiver.position(in: epoch)
                if seq > 0 { try positions.put(seq, epoch: epoch, of: host) }
                outcome.acknowledgements.append(
                    (host, StreamPosition(store: memory.storeID, epoch: epoch, seq: seq)))
            }
        }
    }
}

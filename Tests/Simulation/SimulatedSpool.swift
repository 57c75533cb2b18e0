import DurableStream
import FleetModel
import FleetRuntime
import FoundationEssentials
import Synchronization

/// The record of what a host has to tell, as the agent's spool keeps it, but in memory. It survives the agent's process, and keeps
/// all that it ever held. Which records go out when is the agent's own `StreamSender`'s.
final class SimulatedSpool: Sendable {
    fileprivate struct Record {
        var place: StreamPlace
        var payload: [UInt8]
    }

    fileprivate struct State {
        var epoch: EpochID
        var records: [Record] = []
        var acknowledged: [EpochID: UInt64] = [:]
        /// Of all reports in it: a report that is handed over twice is one.
        var keys: Set<String> = []
        var acked: StreamPosition?
        var recorded: RecordPosition?
        var sender = StreamSender(jitter: { 0.5 })
    }

    private let state: Mutex<State>

    init(epoch: EpochID) { state = Mutex(State(epoch: epoch)) }

    var acked: StreamPosition? { state.withLock(\.acked) }
    var recorded: RecordPosition? { state.withLock(\.recorded) }

    /// The controller has all of it, as far as the host knows.
    var isEmpty: Bool {
        state.withLock { state in
            state.records.allSatisfy { $0.place.seq <= state.acknowledged[$0.place.epoch, default: 0] }
        }
    }

    /// A new life of the agent.
    func open(_ epoch: EpochID) {
        state.withLock { state in
            state.epoch = epoch
            state.sender = StreamSender(jitter: { 0.5 })
        }
    }

    /// Tells the sender what has happened.
    func tell(_ change: @Sendable (inout StreamSender) -> Void) { state.withLock { change(&$0.sender) } }

    func append(_ report: JobReport, key: String, at time: Date, uptime: Duration) throws {
        try state.withLock { try $0.append(report, key: key, at: time, uptime: uptime) }
    }

    /// What is to be sent now.
    func takeRecords(at now: Duration) -> [[UInt8]] { state.withLock { $0.takeRecords(at: now) } }

    func acknowledge(_ position: StreamPosition, at now: Duration) {
        state.withLock { $0.acknowledge(position, at: now) }
    }
}

extension SimulatedSpool.State {
    fileprivate mutating func append(_ report: JobReport, key: String, at time: Date, uptime: Duration) throws {
        guard keys.insert(key).inserted else { return }
        let seq = (records.last { $0.place.epoch == epoch }?.place.seq ?? 0) + 1
        let header = StreamHeader(
            epoch: epoch, seq: seq, first: 1, time: time, bootID: "boot", uptime: uptime.seconds, type: .jobStatus)
        guard case .object(var members) = try FleetJSON.value(header) else { return }
        members["body"] = try FleetJSON.value(report)
        records.append(
            SimulatedSpool.Record(
                place: StreamPlace(epoch: epoch, seq: seq),
                payload: [UInt8](try FleetJSON.encode(JSONValue.object(members)))))
        recorded = RecordPosition(epoch: epoch, seq: seq)
    }

    fileprivate mutating func takeRecords(at now: Duration) -> [[UInt8]] {
        var payloads: [[UInt8]] = []
        while let request = sender.request {
            let open = records.filter { $0.place.seq > acknowledged[$0.place.epoch, default: 0] }
            guard let epoch = open.first?.place.epoch else { break }
            let batch = open.prefix { $0.place.epoch == epoch }
                .filter { record in request.after.map { $0.epoch != epoch || record.place.seq > $0.seq } ?? true }
                .prefix(request.limit)
            if batch.isEmpty { break }
            for record in batch {
                payloads.append(record.payload)
                sender.sent(record.place, at: now)
            }
        }
        return payloads
    }

    fileprivate mutating func acknowledge(_ position: StreamPosition, at now: Duration) {
        let isNew = acked.map { $0.store != position.store } ?? false
        if isNew { acknowledged = [:] }
        let last = records.last { $0.place.epoch == position.epoch }?.place.seq ?? 0
        let seq = min(position.seq, last)
        let advances = seq > acknowledged[position.epoch, default: 0]
        if advances { acknowledged[position.epoch] = seq }
        if isNew || advances || acked == nil { acked = position }
        if isNew {
            sender.storeChanged()
        } else if advances {
            sender.acknowledged(StreamPlace(epoch: position.epoch, seq: position.seq), at: now)
        }
    }
}

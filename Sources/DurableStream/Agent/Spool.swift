import FleetModel
import FleetRuntime
import FoundationEssentials
import SQLite
import Synchronization

/// The agent's end of the durable record: what has been appended is on disk and stays until the controller has
/// committed it, or until the limits force it out, which is itself recorded. Every opening is a new epoch.
public actor Spool {
    public nonisolated let epoch: EpochID

    private nonisolated let executor: ThreadExecutor
    private nonisolated let limits: SpoolLimits
    private nonisolated let time: any TimeSource
    private nonisolated let bootID: String
    private nonisolated let snapshot: Mutex<Snapshot>
    private let logger: Logger
    private let file: SpoolFile
    private var reserve: SpoolReserve
    private var reserveTriedAt: Duration?
    private var waiting: [Append] = []
    private var refused: UInt64 = 0
    private var appended: (@Sendable () -> Void)?

    private struct Snapshot {
        var acked: StreamPosition?
        var recorded: RecordPosition?
        var statistics: SpoolStatistics
    }

    /// One caller's record on its way to the disk.
    private final class Append {
        let record: NewRecord
        var outcome: Result<Void, SpoolError>?
        init(_ record: NewRecord) { self.record = record }
    }

    public nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    /// Opens, or makes, the spool. A damaged file is moved aside as `<path>.corrupt-<Unix time>` and recorded as lost.
    /// - Parameter bootID: the kernel's /proc/sys/kernel/random/boot_id.
    public init(
        path: String, limits: SpoolLimits = SpoolLimits(), time: any TimeSource, bootID: String, logger: Logger
    ) throws(SpoolError) {
        var movedAside: String?
        let file = try SpoolFile(path: path, limits: limits, time: time, movedAside: &movedAside)
        var reserve = SpoolReserve(path: path + ".reserve", bytes: limits.reserveBytes)
        if let movedAside {
            logger.error("the spool \(path) was damaged; it now lies in \(movedAside), and a new one is begun")
            let loss = DroppedRecords(
                count: 0, bytes: 0,
                message: "the spool was damaged and moved to \(movedAside); it held an unknown number of records")
            try file.append([
                NewRecord(
                    type: .streamDropped, time: time.now(), bootID: bootID, uptime: time.uptime().seconds,
                    body: Self.encode(loss))
            ])
        }
        reserve.hold()
        if !reserve.isHeld {
            logger.warning("the disk of \(path) is nearly full; only job status and VM events are recorded")
        }
        epoch = file.epoch
        executor = ThreadExecutor(name: "spool")
        snapshot = Mutex(Snapshot(acked: file.acked, recorded: file.recorded, statistics: file.statistics))
        self.file = file
        self.reserve = reserve
        self.limits = limits
        self.time = time
        self.bootID = bootID
        self.logger = logger
    }

    /// What the controller has confirmed last, for presence.
    public nonisolated var acked: StreamPosition? { snapshot.withLock(\.acked) }
    /// The newest record ever held, for presence; nil when there was none.
    public nonisolated var recorded: RecordPosition? { snapshot.withLock(\.recorded) }
    public nonisolated var statistics: SpoolStatistics { snapshot.withLock(\.statistics) }

    /// Records an event; returns once it is on disk. Records of concurrent callers share one sync.
    /// - Parameter key: for an event that may be offered again, by a caller that died before it could note that this
    ///   returned: nothing happens while the spool holds a record with that key.
    public nonisolated func append(
        _ type: EventType, _ body: some Encodable & Sendable, key: String? = nil
    ) async throws(SpoolError) {
        let bytes = try Self.encode(body)
        guard bytes.count <= limits.recordBytes else {
            throw .recordTooLarge(bytes: bytes.count, limit: limits.recordBytes)
        }
        try await append(
            NewRecord(
                type: type, time: time.now(), bootID: bootID, uptime: time.uptime().seconds, body: bytes,
                key: key))
    }

    private static func encode(_ body: some Encodable) throws(SpoolError) -> [UInt8] {
        do {
            return [UInt8](try FleetJSON.encode(body))
        } catch {
            throw .notEncodable("\(error)")
        }
    }

    private func append(_ record: NewRecord) async throws(SpoolError) {
        let append = Append(record)
        waiting.append(append)
        // Whoever is already queued on this actor joins the commit.
        await Task.yield()
        if append.outcome == nil { commit() }
        try append.outcome?.get()
    }

    private func commit() {
        let batch = waiting
        waiting = []
        let precious = batch.filter(\.record.isPrecious)
        if precious.count < batch.count && !holdReserve() {
            finish(batch.filter { !$0.record.isPrecious }, .failure(.full(path: file.connection.path)))
            finish(precious, write(precious))
        } else {
            let outcome = write(batch)
            if case .failure(.full) = outcome {
                finish(batch.filter { !$0.record.isPrecious }, outcome)
                reserve.release()
                finish(precious, write(precious))
            } else {
                finish(batch, outcome)
            }
        }
        publish()
        appended?()
    }

    private func write(_ batch: [Append]) -> Result<Void, SpoolError> {
        if batch.isEmpty { return .success(()) }
        return Result { () throws(SpoolError) in try file.append(batch.map(\.record)) }
    }

    private func finish(_ batch: [Append], _ outcome: Result<Void, SpoolError>) {
        for append in batch { append.outcome = outcome }
        if case .failure(let error) = outcome, !batch.isEmpty {
            refused += UInt64(batch.count)
            logger.error("\(batch.count) events are lost: \(error)")
        }
    }

    /// Expendable records are taken only while the reserve is there; on a full disk it is looked for every 10 s.
    private func holdReserve() -> Bool {
        if reserve.isHeld { return true }
        let now = time.monotonic()
        if let reserveTriedAt, now < reserveTriedAt + .seconds(10) { return false }
        reserveTriedAt = now
        reserve.hold()
        return reserve.isHeld
    }

    private func publish() {
        let current = Snapshot(acked: file.acked, recorded: file.recorded, statistics: file.statistics)
        snapshot.withLock { snapshot in
            snapshot = current
            snapshot.statistics.refused = refused
        }
    }
}

/// For the publisher.
extension Spool {
    /// Calls back after every append, on the spool's thread.
    func whenAppended(_ body: @escaping @Sendable () -> Void) { appended = body }

    /// Unacknowledged records of the oldest epoch that has some, in order. A later epoch comes up only when every
    /// record of the earlier ones is acknowledged.
    /// - Parameter after: where to go on; without meaning when another epoch's turn has come.
    public func unacknowledged(after: StreamPlace? = nil, limit: Int) throws(SpoolError) -> [StreamRecord] {
        try file.unacknowledged(after: after, limit: limit)
    }

    /// Takes what arrived on `down/<host>/ack`.
    @discardableResult
    public func acknowledge(_ position: StreamPosition) throws(SpoolError) -> AcknowledgeOutcome {
        defer { publish() }
        do {
            return try file.acknowledge(position, now: time.now())
        } catch .full {
            // Acknowledged records can go, which makes room in the file; but going takes a little room first.
            reserve.release()
            return try file.acknowledge(position, now: time.now())
        }
    }
}

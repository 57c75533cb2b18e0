import FleetModel
import FleetRuntime
import FoundationEssentials
import SQLite

/// The spool's database and what is in it. Synchronous; the `Spool` actor owns it.
///
/// Spool order is (number of the epoch, seq). Within an epoch the rows are contiguous from the lowest one held:
/// a dropped record leaves a row of its own or widens its neighbour's, so that nothing unacknowledged ever vanishes.
final class SpoolFile {
    let connection: Connection
    let limits: SpoolLimits
    let epoch: EpochID
    /// The row of this epoch, made with its first record.
    var epochNumber: Int64?
    /// The highest seq of this epoch, 0 while there is none.
    var last: UInt64 = 0
    /// The highest seq of this epoch that has been read for sending.
    var handedOut: UInt64 = 0
    var acked: StreamPosition?
    var statistics = SpoolStatistics()
    private var earlier: RecordPosition?

    /// The newest record ever held; nil when there was none.
    var recorded: RecordPosition? { last > 0 ? RecordPosition(epoch: epoch, seq: last) : earlier }

    /// What a record takes beside its body.
    static let overhead: UInt64 = 128

    /// - Parameter movedAside: receives the path that a damaged file was moved to.
    init(path: String, limits: SpoolLimits, time: any TimeSource, movedAside: inout String?) throws(SpoolError) {
        do {
            do {
                connection = try Self.open(path)
            } catch let error as SQLiteError where error.isCorrupt {
                movedAside = try Self.moveAside(path, time: time)
                connection = try Self.open(path)
            }
            self.limits = limits
            epoch = .random()
            acked = try connection.first("SELECT store, epoch, seq FROM acknowledged").map { row in
                StreamPosition(store: try row.identifier(0), epoch: try row.identifier(1), seq: try row.get(2))
            }
            earlier = try connection.first("SELECT epoch, last FROM epochs ORDER BY number DESC LIMIT 1").map { row in
                RecordPosition(epoch: try row.identifier(0), seq: try row.get(1))
            }
            try count()
        } catch let error as SQLiteError {
            throw .database(error)
        } catch {
            throw .database(SQLiteError(code: 14, message: "cannot move the damaged \(path) aside: \(error)"))
        }
    }

    private static func open(_ path: String) throws -> Connection {
        let connection = try Connection(path: path, synchronous: .full, exclusive: true)
        // The reserve must outweigh the log that is not yet in the database.
        try connection.execute("PRAGMA wal_autocheckpoint = 100")
        let verdict: String? = try connection.first("PRAGMA quick_check(1)")?.get(0)
        guard verdict == "ok" else { throw SQLiteError(code: 11, message: "\(path): \(verdict ?? "no answer")") }
        try connection.migrate(migrations)
        return connection
    }

    private static func moveAside(_ path: String, time: any TimeSource) throws -> String {
        let target = "\(path).corrupt-\(Int(time.now().timeIntervalSince1970))"
        try FileManager.default.moveItem(atPath: path, toPath: target)
        for suffix in ["-wal", "-shm"] where FileManager.default.fileExists(atPath: path + suffix) {
            try FileManager.default.moveItem(atPath: path + suffix, toPath: target + suffix)
        }
        return target
    }

    private func count() throws(SQLiteError) {
        try connection.query(
            """
            SELECT count(*), total(bytes), total(seq > acked), total(iif(seq > acked, bytes, 0))
            FROM records JOIN epochs ON number = records.epoch
            """
        ) { row throws(SQLiteError) in
            statistics.records = try row.get(0)
            statistics.bytes = UInt64(try row.get(1, as: Double.self))
            statistics.unacknowledgedRecords = UInt64(try row.get(2, as: Double.self))
            statistics.unacknowledgedBytes = UInt64(try row.get(3, as: Double.self))
        }
    }

    /// Runs the body in one transaction; what it changed in memory is taken back with the rest when it fails.
    func transaction<Result>(isSynced: Bool = true, _ body: () throws -> Result) throws(SpoolError) -> Result {
        let before = (epochNumber, last, handedOut, acked, statistics)
        do {
            return try isSynced ? connection.transaction(body) : connection.unsyncedTransaction(body)
        } catch {
            (epochNumber, last, handedOut, acked, statistics) = before
            switch error {
            case let error as SpoolError: throw error
            case let error as SQLiteError where error.isFull: throw .full(path: connection.path)
            case let error as SQLiteError: throw .database(error)
            default: throw .database(SQLiteError(code: 1, message: "\(error)"))
            }
        }
    }

    private static let migrations = [
        Migration(
            "the durable record",
            """
            -- One row per opening of the spool that recorded something; number gives their order.
            CREATE TABLE epochs (
                number INTEGER PRIMARY KEY,
                epoch TEXT NOT NULL UNIQUE,
                last INTEGER NOT NULL,
                acked INTEGER NOT NULL
            ) STRICT;
            -- rank: 0 expendable, 1 precious, 2 stands for the dropped records low...seq.
            CREATE TABLE records (
                epoch INTEGER NOT NULL REFERENCES epochs (number),
                seq INTEGER NOT NULL,
                low INTEGER NOT NULL,
                rank INTEGER NOT NULL,
                time INTEGER NOT NULL,
                boot TEXT NOT NULL,
                uptime REAL NOT NULL,
                type TEXT NOT NULL,
                body BLOB NOT NULL,
                bytes INTEGER NOT NULL,
                lost_records INTEGER NOT NULL DEFAULT 0,
                lost_bytes INTEGER NOT NULL DEFAULT 0,
                PRIMARY KEY (epoch, seq)
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX records_by_rank ON records (rank, epoch, seq);
            -- The newest acknowledgement that counted; one row.
            CREATE TABLE acknowledged (
                one INTEGER PRIMARY KEY CHECK (one = 1),
                store TEXT NOT NULL,
                epoch TEXT NOT NULL,
                seq INTEGER NOT NULL
            ) STRICT;
            """),
        Migration(
            "records that are offered again",
            """
            ALTER TABLE records ADD COLUMN key TEXT;
            CREATE UNIQUE INDEX records_by_key ON records (key) WHERE key IS NOT NULL;
            """),
    ]
}

extension Row {
    /// The identifier in a column, 0 for the first.
    func identifier<Value: TextIdentifier>(_ column: Int) throws(SQLiteError) -> Value {
        guard let value = Value(try get(column)) else {
            throw SQLiteError(code: 20, message: "column \(column) is not \(Value.expectation)")
        }
        return value
    }
}

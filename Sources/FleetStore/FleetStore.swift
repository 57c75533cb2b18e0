import DurableStream
import FleetModel
import FleetRuntime
import FoundationEssentials
import SQLite
import Synchronization

/// What the controller knows and intends, in one SQLite database: hosts, VMs, jobs, events, templates, audit.
/// A thin actor with a thread of its own, the only writer; the repositories do the work, one per resource. Lists are read
/// beside it, by `reader`. Metrics live beside it as well, in `series`.
public actor FleetStore {
    public static let databaseName = "fleet.db"
    public static let metricsName = "metrics.db"

    public nonisolated let fleet: FleetName
    /// The metrics of all hosts.
    public nonisolated let series: any SeriesStore
    nonisolated let commits = ChangeFeed()
    nonisolated let intents = ChangeFeed()
    nonisolated let desires = ChangeFeed()
    nonisolated let reader: FleetReader
    package let connection: Connection
    let time: any TimeSource
    let logger: Logger
    var memory: IngestMemory
    /// Of hosts heard of since the start. Not in the memory: a commit would copy them all.
    var receivers: [HostID: StreamReceiver] = [:]
    var silences = SilenceWatch()
    var refusals = RefusalBudget()
    var removed: [RemovedHost] = []
    private nonisolated let failure = Mutex<String?>(nil)
    private nonisolated let executor: any SerialExecutor

    public nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    /// Opens, or makes, the databases in a directory that exists.
    /// - Throws: `StoreError.storage` when they cannot be opened or were written by a newer version;
    ///   `StoreError.conflict` when they belong to another fleet.
    /// - Parameters:
    ///   - executor: where the work is done, which blocks.
    ///   - readingExecutor: likewise, where lists are read.
    public init(
        directory: String, fleet: FleetName, time: any TimeSource, logger: Logger,
        executor: any SerialExecutor = ThreadExecutor(name: "fleet-store"),
        readingExecutor: any SerialExecutor = ThreadExecutor(name: "fleet-reader")
    ) throws(StoreError) {
        self.executor = executor
        self.fleet = fleet
        self.time = time
        self.logger = logger
        (connection, memory) = try StoreError.wrapping {
            let connection = try Connection(path: directory + "/" + Self.databaseName, synchronous: .full)
            // A commit of many hosts touches a page of each in the indexes: room for these, and a log that takes
            // several such commits before they are copied into the database.
            try connection.execute("PRAGMA cache_size = -32768")
            try connection.execute("PRAGMA wal_autocheckpoint = 8192")
            try connection.migrate(FleetMigrations.all)
            let memory = IngestMemory(
                storeID: try IdentityRepository(connection: connection).open(fleet: fleet),
                hosts: try HostRepository(connection: connection).ids(),
                changedJobSets: Set(try JobRepository(connection: connection).hostsWithJobSets()))
            return (connection, memory)
        }
        reader = FleetReader(path: directory + "/" + Self.databaseName, executor: readingExecutor)
        series = try SQLiteSeriesStore(path: directory + "/" + Self.metricsName)
    }

    /// This life of the database; another one after a restore.
    public var storeID: StoreID { memory.storeID }

    /// Why the last write failed; nil while writing works. For readiness.
    public nonisolated var writeFailure: String? { failure.withLock(\.self) }

    /// Tells of new events: the newest commit ID, coalesced. Listening ends when the mailbox goes.
    public nonisolated func commitNotifications() -> Mailbox<Int64> { commits.listen() }

    func read<Result>(_ body: (Connection) throws -> Result) throws(StoreError) -> Result {
        try StoreError.wrapping { try body(connection) }
    }

    /// Lists show at once what is known ahead of the database.
    func tellReader() {
        let ahead = ahead
        reader.ahead.withLock { $0 = ahead }
    }

    var ahead: FleetReader.Ahead { FleetReader.Ahead(lastSeen: memory.lastSeen, progress: memory.progress) }

    /// Runs the body in one transaction.
    func write<Result>(_ body: (Connection) throws -> Result) throws(StoreError) -> Result {
        do {
            let result = try StoreError.wrapping { try connection.transaction { try body(connection) } }
            failure.withLock { $0 = nil }
            return result
        } catch {
            if case .storage(let cause) = error { failure.withLock { $0 = cause.description } }
            throw error
        }
    }
}

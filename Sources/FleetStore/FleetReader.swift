import FleetModel
import FleetRuntime
import FoundationEssentials
import SQLite
import Synchronization

/// Reads the database beside its writer, each time as the last commit left it: pages wait for no commit, nor commits for
/// pages. A thin actor with a thread of its own.
actor FleetReader {
    /// What the writer knows ahead of the database.
    struct Ahead: Sendable {
        var lastSeen: [HostID: Date] = [:]
        /// Of running jobs.
        var progress: [JobID: JobProgress] = [:]
    }

    nonisolated let ahead = Mutex(Ahead())
    private let path: String
    private var connection: Connection?
    private nonisolated let executor: any SerialExecutor

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    /// - Parameter path: of a database that is there when something is read for the first time.
    init(path: String, executor: any SerialExecutor) {
        self.executor = executor
        self.path = path
    }

    /// - Parameter body: sees one state of the database.
    func read<Result: Sendable>(_ body: @Sendable (Connection, Ahead) throws -> Result) throws(StoreError) -> Result {
        let ahead = ahead.withLock(\.self)
        return try StoreError.wrapping {
            let connection = try connection ?? Connection(path: path, readOnly: true)
            self.connection = connection
            return try connection.snapshot { try body(connection, ahead) }
        }
    }
}

extension FleetReader.Ahead {
    func completed(_ host: HostResource) -> HostResource {
        var host = host
        host.lastSeenAt = lastSeen[host.id] ?? host.lastSeenAt
        return host
    }

    func completed(_ vm: VMResource) -> VMResource {
        var vm = vm
        vm.lastSeenAt = max(vm.lastSeenAt, lastSeen[vm.host] ?? vm.lastSeenAt)
        return vm
    }

    func completed(_ host: RolloutHostResource) -> RolloutHostResource {
        var host = host
        host.lastSeenAt = lastSeen[host.host] ?? host.lastSeenAt
        return host
    }

    func completed(_ job: JobResource) -> JobResource {
        guard !job.state.isTerminal, let progress = progress[job.id] else { return job }
        var job = job
        job.progress = progress
        return job
    }
}

extension Page {
    func map(_ body: (Item) -> Item) -> Page { Page(items: items.map(body), nextCursor: nextCursor) }
}

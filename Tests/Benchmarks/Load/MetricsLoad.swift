import FleetRuntime
import Foundation
import SQLite

/// Sends the batches of a whole fleet, evenly over the interval, and watches them arrive in the database.
struct MetricsLoad: Sendable {
    let hosts: [Registration]
    let port: UInt16
    /// metrics.db.
    let database: String
    let controller: pid_t
    let broker: pid_t
    let interval: Duration
    let runs: Int
    private let time = SystemTimeSource()

    init(
        hosts: [Registration], port: UInt16, database: String, controller: pid_t, broker: pid_t, interval: Duration,
        runs: Int
    ) {
        self.hosts = hosts
        self.port = port
        self.database = database
        self.controller = controller
        self.broker = broker
        self.interval = interval
        self.runs = runs
    }

    /// What one interval showed.
    struct Run {
        /// On the monotonic clock.
        var period: Range<Duration>
        /// Percent of the batches sent.
        var stored: Double
        /// Seconds from sending a batch to finding it in the database: the slowest one, to 10 ms.
        var lag: Double
        /// Percent of one core.
        var controller, broker, generator: Double
        var bytesPerSample: Double
    }

    /// Blocks.
    func run() throws -> [Run] {
        let swarm = try AgentSwarm(hosts, port: port)
        let connection = try Connection(path: database, readOnly: true)
        var random = SeededGenerator(seed: 7)
        var series = hosts.indices.map { SeriesGenerator(seed: UInt64($0)) }
        return try (0..<runs).map { _ in try run(swarm, connection, &series, &random) }
    }

    private func run(
        _ swarm: AgentSwarm, _ connection: Connection, _ series: inout [SeriesGenerator],
        _ random: inout SeededGenerator
    ) throws -> Run {
        func newest() throws -> Int { try connection.first("SELECT coalesce(max(id), 0) FROM ticks")?.get(0) ?? 0 }
        func size() throws -> Int {
            try connection.first("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")?.get(0) ?? 0
        }
        let start = time.monotonic()
        let before = (newest: try newest(), size: try size(), usage: usage)
        var sentAt: [Duration] = []
        var stored = 0
        var lag = Duration.zero
        try swarm.loop(until: "the interval is over") {
            let now = time.monotonic()
            let due = min(hosts.count, Int((now - start) / interval * Double(hosts.count)))
            while sentAt.count < due {
                series[sentAt.count].advance(&random)
                try swarm.agents[sentAt.count].publishMetrics(series[sentAt.count].text(time: time.now()))
                sentAt.append(time.monotonic())
            }
            let arrived = try newest() - before.newest
            if arrived > stored { lag = max(lag, now - sentAt[stored]) }
            stored = arrived
            return now - start >= interval && (stored >= hosts.count || now - start >= interval * 2)
        }
        let end = time.monotonic()
        let used = usage
        func percent(_ seconds: Double) -> Double { seconds / (end - start).seconds * 100 }
        return Run(
            period: start..<end, stored: Double(stored) / Double(hosts.count) * 100, lag: lag.seconds,
            controller: percent(used.controller - before.usage.controller),
            broker: percent(used.broker - before.usage.broker),
            generator: percent(used.generator - before.usage.generator),
            bytesPerSample: Double(try size() - before.size) / Double(stored * SeriesGenerator.series))
    }

    private var usage: (controller: Double, broker: Double, generator: Double) {
        (ProcessUsage.cpuSeconds(controller), ProcessUsage.cpuSeconds(broker), ProcessUsage.ownThread())
    }
}

import FleetModel
import FleetRuntime
import FoundationEssentials
import SQLite

/// Metrics in a SQLite file of their own: one append-only row per host and tick.
public actor SQLiteSeriesStore: SeriesStore {
    /// How many ticks one pruning step deletes.
    private static let pruneStep = 500

    private let connection: Connection
    private nonisolated let executor = ThreadExecutor(name: "fleet-series")
    private var layouts: SeriesLayouts
    /// The row of each host's last tick, where it is known.
    private var newest: [HostID: Int64] = [:]

    public nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    /// - Parameter path: a file, made when it is missing.
    public init(path: String) throws(StoreError) {
        // A power cut may take the last ticks; nothing depends on them.
        connection = try StoreError.wrapping {
            let connection = try Connection(path: path, synchronous: .normal)
            try connection.migrate(MetricsMigrations.all)
            return connection
        }
        layouts = SeriesLayouts(connection: connection)
    }

    public func append(_ ticks: [ReceivedMetrics]) throws(StoreError) {
        try StoreError.wrapping {
            do {
                let rows = try connection.transaction { try ticks.map { ($0.host, try append($0)) } }
                for (host, row) in rows { newest[host] = row }
            } catch {
                // What was rolled back must not stay in memory.
                layouts = SeriesLayouts(connection: connection)
                throw error
            }
        }
    }

    private func append(_ tick: ReceivedMetrics) throws -> Int64 {
        let layout = try layouts.layout(for: tick.batch, of: tick.host)
        try connection.execute(
            "INSERT INTO ticks (layout, host, received_at, agent_time, samples) VALUES (?, ?, ?, ?, ?)",
            [
                layout.id, tick.host.description, tick.receivedAt, tick.batch.time,
                SampleBlob.encode(layout.values(of: tick.batch)),
            ])
        return connection.lastInsertRowID
    }

    public func latest(of host: HostID) throws(StoreError) -> MetricsResource? {
        try StoreError.wrapping {
            // By row, not by time: the clock may have been set back.
            let id =
                try newest[host]
                ?? connection.first("SELECT max(id) FROM ticks WHERE host = ?", [host.description])?.get(0)
            let row = try connection.first(
                "SELECT layout, received_at, agent_time, samples FROM ticks WHERE id = ?", [id])
            guard let row else { return nil }
            let layout = try layouts.layout(try row.get(0), of: host)
            let batch = layout.batch(time: try row.get(2), values: SampleBlob.decode(try row.get(3)))
            return MetricsResource(host: host, receivedAt: try row.get(1), batch: batch)
        }
    }

    public func samples(host: HostID, vm: VMID?, key: String, from: Date, to: Date) throws(StoreError)
        -> [SeriesResource.Sample]
    {
        try StoreError.wrapping {
            var samples: [SeriesResource.Sample] = []
            let rows = try connection.rows(
                """
                SELECT layout, received_at, samples FROM ticks
                WHERE host = ? AND received_at >= ? AND received_at < ? ORDER BY received_at
                """, [host.description, from, to])
            for row in rows {
                guard let index = try layouts.layout(try row.get(0), of: host).index(of: key, vm: vm),
                    let value = SampleBlob.value(at: index, in: try row.get(2))
                else { continue }
                samples.append(SeriesResource.Sample(time: try row.get(1), value: value))
            }
            return samples
        }
    }

    public func prune(before time: Date) throws(StoreError) -> Bool {
        try StoreError.wrapping {
            // Rows come in time order, so the oldest are the first; a clock that was set back only delays some.
            try connection.execute(
                "DELETE FROM ticks WHERE id IN (SELECT id FROM ticks ORDER BY id LIMIT ?) AND received_at < ?",
                [Self.pruneStep, time])
            return connection.changes == Self.pruneStep
        }
    }

    public func remove(host: HostID) throws(StoreError) {
        try StoreError.wrapping {
            try connection.transaction {
                try connection.execute("DELETE FROM ticks WHERE host = ?", [host.description])
                try connection.execute("DELETE FROM layouts WHERE host = ?", [host.description])
            }
            layouts = SeriesLayouts(connection: connection)
            newest[host] = nil
        }
    }

    public func sizeBytes() throws(StoreError) -> Int64 {
        try StoreError.wrapping {
            let pages: Int64 = try connection.first("PRAGMA page_count")?.get(0) ?? 0
            let size: Int64 = try connection.first("PRAGMA page_size")?.get(0) ?? 0
            return pages * size
        }
    }
}

import FleetModel
import FoundationEssentials
import SQLite

/// What an acknowledgement did.
public enum AcknowledgeOutcome: Equatable, Sendable {
    /// Records are acknowledged that were not before.
    case advanced
    /// It says nothing new.
    case unchanged
    /// It comes from another database than the one before: everything held is unacknowledged again, but for what
    /// this acknowledgement itself covers.
    case newStore
    /// It claims more than was ever sent; nothing of it is believed.
    case ignored(claimed: StreamPosition)
}

extension SpoolFile {
    /// Not synced: what is not known as acknowledged after a loss of power is sent once more.
    func acknowledge(_ position: StreamPosition, now: Date) throws(SpoolError) -> AcknowledgeOutcome {
        try transaction(isSynced: false) {
            let epoch = try connection.first(
                "SELECT number, last, acked FROM epochs WHERE epoch = ?", [position.epoch.description])
            let isOurs = position.epoch == self.epoch
            if isOurs && position.seq > handedOut { return .ignored(claimed: position) }

            let isNew = acked.map { $0.store != position.store } ?? false
            if isNew { try unacknowledgeAll() }
            var advanced = false
            if let epoch {
                // An older epoch has one writer and has ended. A claim past its end means that this spool is an older
                // copy of itself; it covers all that is here.
                advanced = try advance(
                    epoch: epoch.get(0), from: isNew ? nil : epoch.get(2),
                    to: min(position.seq, epoch.get(1, as: UInt64.self)))
            }
            if isNew || advanced || acked == nil { try remember(position) }
            if advanced { try removeStale(now: now) }
            return isNew ? .newStore : advanced ? .advanced : .unchanged
        }
    }

    /// Acknowledged records that are too old or too many go.
    func removeStale(now: Date) throws {
        let oldest = now - limits.acknowledgedAge.seconds
        try removeAcknowledged { time in
            time < oldest || statistics.bytes - statistics.unacknowledgedBytes > limits.acknowledgedBytes
        }
    }

    private func unacknowledgeAll() throws {
        // Where records were removed, the numbers below the lowest one held can never come again.
        try connection.execute(
            """
            UPDATE epochs SET acked = coalesce(
                (SELECT low - 1 FROM records WHERE records.epoch = number ORDER BY seq LIMIT 1), last)
            """)
        statistics.unacknowledgedRecords = statistics.records
        statistics.unacknowledgedBytes = statistics.bytes
    }

    private func advance(epoch: Int64, from known: UInt64?, to seq: UInt64) throws -> Bool {
        let start: UInt64 =
            try known ?? connection.first("SELECT acked FROM epochs WHERE number = ?", [epoch])?.get(0) ?? 0
        guard seq > start else { return false }
        try connection.query(
            "SELECT count(*), total(bytes) FROM records WHERE epoch = ? AND seq > ? AND seq <= ?", [epoch, start, seq]
        ) { row throws(SQLiteError) in
            statistics.unacknowledgedRecords -= try row.get(0, as: UInt64.self)
            statistics.unacknowledgedBytes -= UInt64(try row.get(1, as: Double.self))
        }
        try connection.execute("UPDATE epochs SET acked = ? WHERE number = ?", [seq, epoch])
        return true
    }

    private func remember(_ position: StreamPosition) throws {
        try connection.execute(
            "INSERT OR REPLACE INTO acknowledged (one, store, epoch, seq) VALUES (1, ?, ?, ?)",
            [position.store.description, position.epoch.description, position.seq])
        acked = position
    }
}

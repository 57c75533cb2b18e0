import FleetModel
import FoundationEssentials
import SQLite

/// What goes when there is too much.
extension SpoolFile {
    /// Brings the spool back under its limit: acknowledged records go first, then the oldest expendable ones, then,
    /// only for a precious newcomer, the oldest precious ones.
    /// - Parameter keepingAfter: records of this epoch above it are the newcomers.
    func makeRoom(keepingAfter newest: UInt64, mayDropPrecious: Bool) throws {
        try removeAcknowledged { _ in self.statistics.bytes > self.limits.bytes }
        for rank in mayDropPrecious ? [0, 1] : [0] {
            while statistics.bytes > limits.bytes {
                let oldest = try connection.first(
                    """
                    SELECT records.epoch, seq, bytes, acked FROM records JOIN epochs ON number = records.epoch
                    WHERE rank = ? AND seq > acked AND (records.epoch < ? OR seq <= ?)
                    ORDER BY records.epoch, seq LIMIT 1
                    """, [rank, epochNumber ?? 0, newest])
                guard let oldest else { break }
                try drop(
                    epoch: oldest.get(0), seq: oldest.get(1), bytes: oldest.get(2), acked: oldest.get(3))
            }
        }
        if statistics.bytes > limits.bytes { throw SpoolError.full(path: connection.path) }
    }

    /// Removes acknowledged records, oldest first, as long as the caller wants.
    func removeAcknowledged(while wanted: (_ time: Date) -> Bool) throws {
        var removed = false
        while statistics.records > statistics.unacknowledgedRecords,
            let oldest = try connection.first(
                """
                SELECT records.epoch, seq, bytes, time FROM records JOIN epochs ON number = records.epoch
                WHERE seq <= acked ORDER BY records.epoch, seq LIMIT 1
                """), wanted(try oldest.get(3))
        {
            try connection.execute(
                "DELETE FROM records WHERE epoch = ? AND seq = ?",
                [try oldest.get(0, as: Int64.self), try oldest.get(1, as: UInt64.self)])
            statistics.records -= 1
            statistics.bytes -= try oldest.get(2)
            removed = true
        }
        guard removed else { return }
        try connection.execute(
            """
            DELETE FROM epochs WHERE number <> ? AND acked >= last
            AND NOT EXISTS (SELECT 1 FROM records WHERE records.epoch = number)
            """, [epochNumber ?? 0])
    }

    /// Replaces an unacknowledged record by one that says so, joined with its neighbours of that kind: the numbers
    /// stay without a hole, and a run of drops is one record.
    private func drop(epoch: Int64, seq: UInt64, bytes: UInt64, acked: UInt64) throws {
        var low = seq
        var high = seq
        var lostRecords: UInt64 = 1
        var lostBytes = bytes - Self.overhead
        var freed = bytes
        var removed: UInt64 = 1
        let neighbours = try connection.rows(
            """
            SELECT seq, low, lost_records, lost_bytes, bytes FROM records
            WHERE epoch = ?1 AND rank = 2 AND (seq = ?2 - 1 AND seq > ?3 OR seq IN (
                SELECT min(seq) FROM records WHERE epoch = ?1 AND seq > ?2))
            """, [epoch, seq, acked])
        for row in neighbours {
            high = max(high, try row.get(0))
            low = min(low, try row.get(1))
            lostRecords += try row.get(2, as: UInt64.self)
            lostBytes += try row.get(3, as: UInt64.self)
            freed += try row.get(4, as: UInt64.self)
            removed += 1
        }
        try connection.execute(
            "DELETE FROM records WHERE epoch = ? AND seq >= ? AND seq < ?", [epoch, low, high])
        try connection.execute(
            """
            INSERT OR REPLACE INTO records (epoch, seq, low, rank, time, boot, uptime, type, body, bytes,
                lost_records, lost_bytes)
            SELECT ?1, ?2, ?3, 2, time, boot, uptime, ?4, x'', ?5, ?6, ?7 FROM records WHERE epoch = ?1 AND seq = ?2
            """, [epoch, high, low, EventType.streamDropped.rawValue, Self.overhead, lostRecords, lostBytes])
        statistics.records -= removed - 1
        statistics.unacknowledgedRecords -= removed - 1
        statistics.bytes -= freed - Self.overhead
        statistics.unacknowledgedBytes -= freed - Self.overhead
        statistics.dropped += 1
    }
}

import FleetModel
import FoundationEssentials
import SQLite

extension SpoolFile {
    /// Unacknowledged records of the oldest epoch that has some, in order. A later epoch comes up only when every
    /// record of the earlier ones is acknowledged, so that the controller commits in spool order.
    /// - Parameter after: where to go on; without meaning when another epoch's turn has come.
    func unacknowledged(after: StreamPlace?, limit: Int) throws(SpoolError) -> [StreamRecord] {
        try transaction {
            let oldest = try connection.first(
                "SELECT number, epoch, acked FROM epochs WHERE acked < last ORDER BY number LIMIT 1")
            guard let oldest else { return [] }
            let number: Int64 = try oldest.get(0)
            let epoch: EpochID = try oldest.identifier(1)
            let acked: UInt64 = try oldest.get(2)
            let start = after.map { $0.epoch == epoch ? max($0.seq, acked) : acked } ?? acked
            let first: UInt64 =
                try connection.first("SELECT low FROM records WHERE epoch = ? ORDER BY seq LIMIT 1", [number])?.get(0)
                ?? 1
            let rows = try connection.rows(
                """
                SELECT seq, low, rank, time, boot, uptime, type, body, lost_records, lost_bytes FROM records
                WHERE epoch = ? AND seq > ? ORDER BY seq LIMIT ?
                """, [number, start, limit])
            let records = try rows.map { try record($0, epoch: epoch, first: first) }
            if number == epochNumber, let newest = records.last { handedOut = max(handedOut, newest.header.seq) }
            return records
        }
    }

    private func record(_ row: Row, epoch: EpochID, first: UInt64) throws -> StreamRecord {
        let seq: UInt64 = try row.get(0)
        let low: UInt64 = try row.get(1)
        let isDrop = try row.get(2, as: Int.self) == 2
        let header = StreamHeader(
            epoch: epoch, seq: seq, from: low < seq ? low : nil, first: first, time: try row.get(3),
            bootID: try row.get(4), uptime: try row.get(5), type: EventType(rawValue: try row.get(6)))
        guard isDrop else { return StreamRecord(header: header, body: try row.get(7)) }
        let body = DroppedRecords(
            count: try row.get(8), bytes: try row.get(9),
            message: "dropped unacknowledged to keep the spool within \(limits.bytes) bytes")
        return StreamRecord(header: header, body: [UInt8](try FleetJSON.encode(body)))
    }
}

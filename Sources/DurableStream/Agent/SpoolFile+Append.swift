import FleetModel
import FoundationEssentials
import SQLite

/// A record on its way into the spool.
struct NewRecord: Sendable {
    var type: EventType
    var time: Date
    var bootID: String
    var uptime: Double
    /// JSON.
    var body: [UInt8]
    /// Its own, so that it is taken once however often it is offered.
    var key: String?

    var isPrecious: Bool { EventType.precious.contains(type) }
    var bytes: UInt64 { UInt64(body.count) + SpoolFile.overhead }
}

extension SpoolFile {
    /// Takes all of the records that it does not hold, in order, or none.
    func append(_ offered: [NewRecord]) throws(SpoolError) {
        try transaction {
            let records = try offered.filter { try !holds($0.key) }
            guard !records.isEmpty else { return }
            let number = try currentEpoch()
            for record in records {
                last += 1
                try connection.execute(
                    """
                    INSERT INTO records (epoch, seq, low, rank, time, boot, uptime, type, body, bytes, key)
                    VALUES (?1, ?2, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
                    """,
                    [
                        number, last, record.isPrecious ? 1 : 0, record.time, record.bootID, record.uptime,
                        record.type.rawValue, record.body, record.bytes, record.key,
                    ])
                statistics.records += 1
                statistics.bytes += record.bytes
                statistics.unacknowledgedRecords += 1
                statistics.unacknowledgedBytes += record.bytes
            }
            try connection.execute("UPDATE epochs SET last = ? WHERE number = ?", [last, number])
            if statistics.bytes > limits.bytes {
                let before = last - UInt64(records.count)
                try makeRoom(keepingAfter: before, mayDropPrecious: records.allSatisfy(\.isPrecious))
            }
        }
    }

    private func holds(_ key: String?) throws -> Bool {
        guard let key else { return false }
        return try connection.first("SELECT 1 FROM records WHERE key = ?", [key]) != nil
    }

    private func currentEpoch() throws -> Int64 {
        if let epochNumber { return epochNumber }
        try connection.execute("INSERT INTO epochs (epoch, last, acked) VALUES (?, 0, 0)", [epoch.description])
        let number = connection.lastInsertRowID
        epochNumber = number
        return number
    }
}

import SQLite

/// Why a record was not spooled.
public enum SpoolError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A record of this size would not pass the broker.
    case recordTooLarge(bytes: Int, limit: Int)
    /// Its body has no JSON form.
    case notEncodable(String)
    /// The disk is full, or the spool is at its limit with records that are worth more.
    case full(path: String)
    case database(SQLiteError)

    public var description: String {
        switch self {
        case .recordTooLarge(let bytes, let limit):
            "cannot record an event of \(bytes) bytes; at most \(limit) are taken"
        case .notEncodable(let problem): "cannot record an event: its body has no JSON form: \(problem)"
        case .full(let path):
            "cannot record an event: no room in \(path); free space on its disk, or let the host reach the controller"
        case .database(let error): "cannot use the spool: \(error)"
        }
    }
}

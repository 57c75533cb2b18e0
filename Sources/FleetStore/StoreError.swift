import SQLite

/// Why the store did not do what it was asked to.
public enum StoreError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Nothing of this kind has this name or ID.
    case notFound(kind: String, name: String)
    /// It would contradict what the store holds already.
    case conflict(String)
    /// What was given makes no sense by itself.
    case invalid(String)
    /// The database refused: disk full, file damaged, ...
    case storage(SQLiteError)

    public var description: String {
        switch self {
        case .notFound(let kind, let name): "there is no \(kind) '\(name)'"
        case .conflict(let message), .invalid(let message): message
        case .storage(let error): "the controller's database cannot do this now: \(error)"
        }
    }
}

extension StoreError {
    /// What a repository threw.
    init(_ error: any Error) {
        self =
            switch error {
            case let error as StoreError: error
            case let error as SQLiteError: .storage(error)
            default: .invalid("\(error)")
            }
    }

    /// Runs what throws whatever repositories throw.
    static func wrapping<Result>(_ body: () throws -> Result) throws(StoreError) -> Result {
        do { return try body() } catch { throw StoreError(error) }
    }
}

import FleetModel
import Synchronization

/// A request's body as it arrives. Nothing is read from the client before it is asked for, and no more is held than
/// the consumer has room for.
public struct RequestBody: Sendable {
    /// What the client declared (Content-Length); nil when it did not say.
    public let declaredLength: UInt64?
    private let read: @Sendable () async throws -> [UInt8]?

    init(declaredLength: UInt64?, read: @escaping @Sendable () async throws -> [UInt8]?) {
        self.declaredLength = declaredLength
        self.read = read
    }

    public static let empty = RequestBody(declaredLength: 0) { nil }

    /// A body from memory, in one piece.
    public init(_ bytes: [UInt8]) {
        let piece = Mutex<[UInt8]?>(bytes)
        self.init(declaredLength: UInt64(bytes.count)) { piece.withLock { $0.take() } }
    }

    /// The next piece; nil at the end.
    /// - Throws: when the client went away before the end.
    public func next() async throws -> [UInt8]? { try await read() }

    /// The whole body, for what is small.
    /// - Throws: a 413 `Problem` when it is longer than `limit` bytes, before that much has been held.
    public func collect(limit: Int) async throws -> [UInt8] {
        if let declaredLength, declaredLength > UInt64(limit) { throw Problem.tooLarge(limit: limit) }
        var bytes: [UInt8] = []
        while let piece = try await next() {
            guard bytes.count + piece.count <= limit else { throw Problem.tooLarge(limit: limit) }
            bytes += piece
        }
        return bytes
    }
}

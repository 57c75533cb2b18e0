import Synchronization

/// The body of an answer, collected on the transfer's thread and read after the transfer.
final class BoundedBody: Sendable {
    private struct Overflow: Error {}

    private let limit: Int
    private let collected = Mutex<[UInt8]>([])

    init(limit: Int) { self.limit = limit }

    var bytes: [UInt8] { collected.withLock { $0 } }

    @Sendable func append(_ piece: [UInt8]) throws {
        try collected.withLock { bytes in
            guard bytes.count + piece.count <= limit else { throw Overflow() }
            bytes += piece
        }
    }

    /// What ended a transfer: `tooLarge` where this did.
    func explained(_ error: HTTPError, _ request: HTTPRequest) -> HTTPError {
        guard error.underlying is Overflow else { return error }
        return HTTPError(.tooLarge, request.summary, "the answer is longer than \(limit) bytes")
    }
}

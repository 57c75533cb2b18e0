import FleetRuntime

/// An HTTP client on libcurl: over TCP or a Unix socket, with bodies from memory or files, to memory or a sink.
/// Transfers run on threads of their own, at most `maximumTransfers` at a time; further ones wait their turn.
/// Redirects are not followed: the caller sees them. Cancelling the task ends its transfer at once.
public final class HTTPClient: Sendable {
    private let pool: TransferPool

    /// - Parameters:
    ///   - certificateAuthority: a PEM file to trust in place of the system's.
    ///   - maximumTransfers: a followed event stream occupies one for as long as it is open.
    public init(certificateAuthority: String? = nil, maximumTransfers: Int = 4) {
        pool = TransferPool(capacity: maximumTransfers, certificateAuthority: certificateAuthority)
    }

    /// Sends a request and keeps the answer's body, up to `maximumBodyBytes`.
    /// - Parameter progress: called on the transfer's thread with the number of body bytes sent so far.
    public func send(
        _ request: HTTPRequest, progress: (@Sendable (UInt64) -> Void)? = nil
    ) async throws(HTTPError) -> HTTPResponse {
        let body = BoundedBody(limit: request.maximumBodyBytes)
        do {
            let head = try await run(
                TransferPlan(request: request, onHead: { _ in }, sink: body.append, progress: progress))
            return HTTPResponse(head: head, body: body.bytes)
        } catch {
            throw body.explained(error, request)
        }
    }

    /// Sends a request and hands the answer to `sink` piece by piece as it arrives.
    /// Both closures are called on the transfer's thread; while one blocks, the server waits (TCP's flow control).
    /// What they throw ends the transfer as `refusedByReceiver`.
    /// - Parameter onHead: called once, before the first piece, with whatever status came: a sink that wants a file
    ///   checks here that it is getting one.
    @discardableResult
    public func download(
        _ request: HTTPRequest, onHead: @escaping @Sendable (HTTPResponseHead) throws -> Void = { _ in },
        sink: @escaping @Sendable ([UInt8]) throws -> Void
    ) async throws(HTTPError) -> HTTPResponseHead {
        try await run(TransferPlan(request: request, onHead: onHead, sink: sink, progress: nil))
    }

    private func run(_ plan: TransferPlan) async throws(HTTPError) -> HTTPResponseHead {
        guard let worker = await pool.take() else {
            throw HTTPError(.cancelled, plan.request.summary, "cancelled before it began")
        }
        let cancellation = Cancellation()
        let result = await withTaskCancellationHandler {
            await worker.run(plan, cancellation)
        } onCancel: {
            cancellation.cancel()
            worker.wake()
        }
        pool.giveBack(worker)
        return try result.get()
    }
}

import CCurlShims
import FleetRuntime

/// Many requests at a time on one thread, each with an answer that fits into memory. Connections are kept for the next requests;
/// with a server that speaks HTTP/2, which it does over TLS, requests share one. For one thread, but for `wake`.
public final class ParallelDownloads: @unchecked Sendable {
    /// A request that is over.
    public struct Ended: Sendable {
        /// What it was started with.
        public let tag: Int
        public let result: Result<HTTPResponse, HTTPError>
    }

    private struct Exchange {
        let tag: Int
        let handle: CurlHandle
        let transfer: Transfer
        let body: BoundedBody
    }

    private let multi: UnsafeMutableRawPointer
    private let certificateAuthority: String?
    private let cancellation = Cancellation()
    private var idle: [CurlHandle]
    private var running: [UnsafeMutableRawPointer: Exchange] = [:]

    /// - Parameters:
    ///   - limit: how many requests, and so connections, there are at a time.
    ///   - certificateAuthority: a PEM file to trust in place of the system's.
    public init(limit: Int, certificateAuthority: String? = nil) {
        guard let multi = curl_multi_init() else { preconditionFailure("libcurl has no memory") }
        self.multi = multi
        self.certificateAuthority = certificateAuthority
        idle = (0..<limit).map { _ in CurlHandle() }
        vf_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, limit)
    }

    /// What is under way is broken off.
    deinit {
        for exchange in running.values { curl_multi_remove_handle(multi, exchange.handle.easy) }
        running = [:]
        idle = []
        curl_multi_cleanup(multi)
    }

    public var hasRoom: Bool { !idle.isEmpty }

    /// From any thread: lets `wait` return.
    public func wake() { curl_multi_wakeup(multi) }

    /// To be called while there is room.
    public func start(_ request: HTTPRequest, tag: Int) throws(HTTPError) {
        guard let handle = idle.last else { preconditionFailure("more requests than the limit") }
        let body = BoundedBody(limit: request.maximumBodyBytes)
        let transfer = try Transfer(
            TransferPlan(request: request, onHead: { _ in }, sink: body.append, progress: nil), cancellation)
        try handle.prepare(transfer, certificateAuthority: certificateAuthority)
        // A stream of a connection that there is, rather than a connection more.
        vf_curl_set_long(handle.easy, CURLOPT_PIPEWAIT, 1)
        guard curl_multi_add_handle(multi, handle.easy) == CURLM_OK else {
            throw HTTPError(CURLE_FAILED_INIT, request.summary, detail: "")
        }
        idle.removeLast()
        running[handle.easy] = Exchange(tag: tag, handle: handle, transfer: transfer, body: body)
    }

    /// Returns when something is over, at the latest after so long.
    public func wait(upTo limit: Duration) -> [Ended] {
        var ended = advance()
        if ended.isEmpty {
            curl_multi_poll(multi, nil, 0, Int32(max(0, min(limit.seconds, 60)) * 1000), nil)
            ended = advance()
        }
        return ended
    }

    private func advance() -> [Ended] {
        var count: Int32 = 0
        curl_multi_perform(multi, &count)
        var ended: [Ended] = []
        var code = CURLE_OK
        while let easy = vf_curl_finished(multi, &code) {
            guard let exchange = running.removeValue(forKey: easy) else { continue }
            curl_multi_remove_handle(multi, easy)
            idle.append(exchange.handle)
            ended.append(Ended(tag: exchange.tag, result: result(of: exchange, code)))
        }
        return ended
    }

    private func result(of exchange: Exchange, _ code: CURLcode) -> Result<HTTPResponse, HTTPError> {
        let request = exchange.transfer.request
        do throws(HTTPError) {
            let head = try exchange.transfer.conclude(code, detail: exchange.handle.errorText(code, of: request))
            return .success(HTTPResponse(head: head, body: exchange.body.bytes))
        } catch {
            return .failure(exchange.body.explained(error, request))
        }
    }
}

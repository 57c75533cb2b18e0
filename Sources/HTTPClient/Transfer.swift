import CCurlShims

/// One exchange as libcurl reports it, piece by piece; lives on its worker's thread.
final class Transfer {
    let request: HTTPRequest
    private let plan: TransferPlan
    private let cancellation: Cancellation
    private let body: BodyReader?
    private var head = HTTPResponseHead(status: 0)
    private var headIsComplete = false
    private var reportedBytes: UInt64 = 0
    private var failure: HTTPError?

    init(_ plan: TransferPlan, _ cancellation: Cancellation) throws(HTTPError) {
        self.plan = plan
        request = plan.request
        self.cancellation = cancellation
        for (name, value) in request.headers where (name + value).utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
            throw HTTPError(.invalidRequest, request.summary, "the header '\(name)' contains a control character")
        }
        body = try BodyReader(request)
    }

    /// nil when the request carries no body at all.
    var bodyLength: UInt64? { body?.length }

    /// - Parameter code: what libcurl makes of the transfer, which is a consequence where a callback failed first.
    func conclude(_ code: CURLcode, detail: String) throws(HTTPError) -> HTTPResponseHead {
        if let failure { throw failure }
        if cancellation.isCancelled { throw HTTPError(.cancelled, request.summary, "cancelled") }
        guard code == CURLE_OK else { throw HTTPError(code, request.summary, detail: detail) }
        // libcurl takes a connection's end for the end of an answer without a length.
        guard headIsComplete else { throw HTTPError(.connectionLost, request.summary, "the answer's head is cut off") }
        return head
    }

    func receiveHeader(_ line: UnsafeRawBufferPointer) -> Bool {
        // After the body come trailers, which nobody asked for.
        if headIsComplete { return true }
        let text = String(decoding: line, as: UTF8.self).trimmingLineEnd()
        if text.hasPrefix("HTTP/") {
            head = HTTPResponseHead(status: text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0)
        } else if let colon = text.firstIndex(of: ":") {
            let value = text[text.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            head.headers.append(name: String(text[..<colon]), value: String(value))
        } else if text.isEmpty, head.status >= 200 {
            headIsComplete = true
            return report { try plan.onHead(head) }
        }
        return true
    }

    func receiveBody(_ bytes: UnsafeRawBufferPointer) -> Bool { report { try plan.sink(Array(bytes)) } }

    /// - Returns: how many bytes were put into `buffer`; nil when the body cannot be read.
    func provideBody(into buffer: UnsafeMutableRawBufferPointer) -> Int? {
        guard let body else { return 0 }
        do throws(HTTPError) {
            return try body.read(into: buffer)
        } catch {
            failure = error
            return nil
        }
    }

    /// libcurl rewinds when a kept connection turned out to be closed.
    func seekBody(to offset: UInt64) -> Bool { body?.seek(to: offset) ?? false }

    /// - Returns: whether to go on.
    func observe(sent: UInt64) -> Bool {
        if sent != reportedBytes {
            reportedBytes = sent
            plan.progress?(sent)
        }
        return !cancellation.isCancelled
    }

    private func report(_ work: () throws -> Void) -> Bool {
        do {
            try work()
            return true
        } catch {
            failure = HTTPError(.refusedByReceiver, request.summary, "\(error)", underlying: error)
            return false
        }
    }
}

extension String {
    fileprivate func trimmingLineEnd() -> String {
        String(decoding: utf8.prefix { $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }
}

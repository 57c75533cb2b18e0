import CMicroHTTPD
import FleetModel

extension Exchange {
    /// MHD_CONTENT_READER_END_OF_STREAM and MHD_CONTENT_READER_END_WITH_ERROR, macros that Swift does not see.
    static let endOfStream = -1
    static let endWithError = -2

    /// Hands the answer to libmicrohttpd; the body of a stream follows through `write`.
    func answer(_ response: ServerResponse) {
        guard
            let answer = Answer(response, headOnly: isHeadRequest, stream: self)
                ?? Answer(Problem.unreadable.response, headOnly: isHeadRequest, stream: self)
        else { return abort() }
        let unwanted = state.withLock { state -> Answer? in
            guard !state.isOver else { return answer }
            state.answer = answer
            state.received = []
            state.resume()
            return nil
        }
        unwanted?.destroy()
    }

    /// Adds to a streamed body.
    func write(_ bytes: [UInt8]) async throws {
        try await waitForRoom()
        try state.withLock { state in
            guard !state.isOver else { throw ClientGone() }
            state.outgoing += bytes
            if state.answered { state.resume() }
        }
    }

    /// The end of a streamed body; a client sees a failed one as cut off.
    func finish(_ end: StreamEnd) {
        state.withLock { state in
            state.streamEnd = end
            if state.answered { state.resume() }
        }
    }

    private func waitForRoom() async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let outcome: Result<Void, any Error>? = state.withLock { state in
                    if Task.isCancelled { return .failure(CancellationError()) }
                    if state.isOver { return .failure(ClientGone()) }
                    if state.outgoing.count < Self.bufferBytes { return .success(()) }
                    state.writer = continuation
                    return nil
                }
                if let outcome { continuation.resume(with: outcome) }
            }
        } onCancel: {
            state.withLock { $0.writer.take() }?.resume(throwing: CancellationError())
        }
    }

    /// What libmicrohttpd calls when the client can take more. On its thread.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let (count, writer) = state.withLock { state -> (Int, CheckedContinuation<Void, any Error>?) in
            if state.isOver { return (Self.endWithError, nil) }
            let count = min(buffer.count, state.outgoing.count - state.outgoingSent)
            if count > 0 {
                buffer.copyBytes(from: state.outgoing[state.outgoingSent..<state.outgoingSent + count])
                state.outgoingSent += count
                guard state.outgoingSent == state.outgoing.count else { return (count, nil) }
                state.outgoing.removeAll(keepingCapacity: true)
                state.outgoingSent = 0
                return (count, state.writer.take())
            }
            switch state.streamEnd {
            case .complete: return (Self.endOfStream, nil)
            case .failed: return (Self.endWithError, nil)
            case nil:
                // Suspended before 0 is returned, or libmicrohttpd would call again at once.
                state.suspend()
                return (0, nil)
            }
        }
        writer?.resume()
        return count
    }
}

extension Problem {
    fileprivate static let unreadable = Problem(
        status: 500, code: "internal", title: "Internal error", detail: "the file to be sent cannot be opened")
}

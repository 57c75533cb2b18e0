import CMicroHTTPD
import FleetModel

extension Exchange {
    /// What libmicrohttpd calls until there is an answer: with the body's pieces, and once more at its end.
    /// On its thread. `data` is always taken whole.
    func proceed(_ data: UnsafeRawBufferPointer) -> MHD_Result {
        enum Step { case goOn, cut, answer(Answer, ConnectionHandle) }
        var reader: CheckedContinuation<[UInt8]?, any Error>?
        var piece: [UInt8]?
        let step: Step = state.withLock { state in
            guard !state.aborted, let connection = state.connection else { return .cut }
            if state.phase == .head {
                if mayRefuseBody, let answer = state.takeAnswer() { return .answer(answer, connection) }
                guard state.bodyWanted || state.answer != nil else {
                    state.suspend()
                    return .goOn
                }
                state.phase = .body
                return .goOn
            }
            if !data.isEmpty {
                if state.answered || state.answer != nil {
                    state.discarded += data.count
                    return state.discarded > Self.discardBytes ? .cut : .goOn
                }
                reader = state.reader.take()
                if reader != nil {
                    piece = Array(data)
                } else {
                    state.received.append(contentsOf: data)
                    if state.received.count >= Self.bufferBytes { state.suspend() }
                }
                return .goOn
            }
            state.phase = .complete
            reader = state.reader.take()
            if let answer = state.takeAnswer() { return .answer(answer, connection) }
            if !state.answered { state.suspend() }
            return .goOn
        }
        reader?.resume(returning: piece)
        switch step {
        case .goOn: return .YES
        case .cut: return .NO
        case .answer(let answer, let connection):
            return answer.queue(on: connection)
        }
    }

    /// The next piece of the body; nil at its end.
    func nextPiece() async throws -> [UInt8]? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let outcome: Result<[UInt8]?, any Error>? = state.withLock { state in
                    if Task.isCancelled { return .failure(CancellationError()) }
                    if !state.received.isEmpty {
                        defer { state.received = [] }
                        if state.phase == .body { state.resume() }
                        return .success(state.received)
                    }
                    if state.phase == .complete { return .success(nil) }
                    if state.isOver { return .failure(ClientGone()) }
                    state.bodyWanted = true
                    state.reader = continuation
                    state.resume()
                    return nil
                }
                if let outcome { continuation.resume(with: outcome) }
            }
        } onCancel: {
            state.withLock { $0.reader.take() }?.resume(throwing: CancellationError())
        }
    }
}

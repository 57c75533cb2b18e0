import HTTPClient
import Synchronization

/// The chunks that are to be fetched, between those who find out and those who fetch. One that the image has at several places is
/// fetched for the first of them.
final class ChunkQueue: Sendable {
    private struct State {
        var chunks: [Int] = []
        var copies: [Copy] = []
        /// How many of them were taken.
        var taken = 0
        var isClosed = false
        var isAbandoned = false
        var listeners: [ParallelDownloads] = []
    }

    /// A chunk that is the same as another, which is there when everything is fetched.
    struct Copy: Sendable {
        let chunk: Int
        let original: Int
    }

    enum Next { case chunk(Int), nothingYet, end }

    private let repeated: RepeatedChunks
    private let state = Mutex(State())

    init(repeated: RepeatedChunks) { self.repeated = repeated }

    /// What is to be copied.
    var copies: [Copy] { state.withLock(\.copies) }

    /// - Parameter downloads: is woken when there is something to take.
    func listen(_ downloads: ParallelDownloads) { state.withLock { $0.listeners.append(downloads) } }

    func add(_ chunk: Int) {
        if let original = repeated.first(of: chunk) {
            return state.withLock { $0.copies.append(Copy(chunk: chunk, original: original)) }
        }
        tell { state in
            state.chunks.append(chunk)
            // Those who are at work look by themselves.
            return state.taken == state.chunks.count - 1
        }
    }

    /// Nothing will be added any more.
    func close() {
        tell { state in
            state.isClosed = true
            return true
        }
    }

    /// Nobody wants the rest.
    func abandon() {
        tell { state in
            state.isAbandoned = true
            return true
        }
    }

    func take() -> Next {
        state.withLock { state in
            guard state.taken < state.chunks.count else { return state.isClosed ? .end : .nothingYet }
            state.taken += 1
            return .chunk(state.chunks[state.taken - 1])
        }
    }

    var isAbandoned: Bool { state.withLock(\.isAbandoned) }

    private func tell(_ change: (inout State) -> Bool) {
        let listeners = state.withLock { state in change(&state) ? state.listeners : [] }
        for listener in listeners { listener.wake() }
    }
}

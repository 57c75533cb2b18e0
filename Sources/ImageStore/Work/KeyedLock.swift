import Synchronization

/// Lets one task at a time work on a key; the others wait in order, and may give up.
final class KeyedLock<Key: Hashable & Sendable>: Sendable {
    private struct Waiter {
        let id: Int
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var waiters: [Key: [Waiter]] = [:]
        var nextID = 0
    }

    /// A key that is present is held.
    private let state = Mutex(State())

    /// - Returns: false when the task was cancelled while it waited; then it holds nothing.
    func acquire(_ key: Key) async -> Bool {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let granted: Bool? = state.withLock { state in
                    if Task.isCancelled { return false }
                    if state.waiters[key] == nil {
                        state.waiters[key] = []
                        return true
                    }
                    state.waiters[key]?.append(Waiter(id: id, continuation: continuation))
                    return nil
                }
                if let granted { continuation.resume(returning: granted) }
            }
        } onCancel: {
            let waiter = state.withLock { state -> Waiter? in
                guard let index = state.waiters[key]?.firstIndex(where: { $0.id == id }) else { return nil }
                return state.waiters[key]?.remove(at: index)
            }
            waiter?.continuation.resume(returning: false)
        }
    }

    func release(_ key: Key) {
        let next = state.withLock { state -> Waiter? in
            guard let first = state.waiters[key]?.first else {
                state.waiters[key] = nil
                return nil
            }
            state.waiters[key]?.removeFirst()
            return first
        }
        next?.continuation.resume(returning: true)
    }
}

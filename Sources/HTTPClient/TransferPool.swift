import Synchronization

/// The workers of one client. They start when they are first needed and keep their connections for the next transfer.
final class TransferPool: Sendable {
    private struct Waiter {
        let id: UInt64
        let continuation: CheckedContinuation<TransferWorker?, Never>
    }

    private struct State {
        var idle: [TransferWorker] = []
        var started = 0
        var waiters: ArraySlice<Waiter> = []
        var nextID: UInt64 = 0
    }

    private let capacity: Int
    private let certificateAuthority: String?
    private let state = Mutex(State())

    init(capacity: Int, certificateAuthority: String?) {
        precondition(capacity > 0, "a pool needs room for one transfer")
        self.capacity = capacity
        self.certificateAuthority = certificateAuthority
    }

    /// A worker for the caller alone until `giveBack`; nil when the task is cancelled while it waits.
    func take() async -> TransferWorker? {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (ready, worker) = state.withLock { state -> (Bool, TransferWorker?) in
                    if Task.isCancelled { return (true, nil) }
                    if let worker = state.idle.popLast() { return (true, worker) }
                    if state.started < capacity {
                        state.started += 1
                        return (true, TransferWorker(certificateAuthority: certificateAuthority))
                    }
                    state.waiters.append(Waiter(id: id, continuation: continuation))
                    return (false, nil)
                }
                if ready { continuation.resume(returning: worker) }
            }
        } onCancel: {
            let waiter = state.withLock { state -> Waiter? in
                state.waiters.firstIndex { $0.id == id }.map { state.waiters.remove(at: $0) }
            }
            waiter?.continuation.resume(returning: nil)
        }
    }

    func giveBack(_ worker: TransferWorker) {
        let waiter = state.withLock { state -> Waiter? in
            if let waiter = state.waiters.popFirst() { return waiter }
            state.idle.append(worker)
            return nil
        }
        waiter?.continuation.resume(returning: worker)
    }
}

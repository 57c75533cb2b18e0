import Synchronization

/// Does an actor's work on the thread that asks for it. A run has one thing going on at a time; threads of their own would only
/// be waited for.
final class InlineExecutor: SerialExecutor {
    private struct Queue {
        var jobs: [UnownedJob] = []
        var isBusy = false
    }

    private let queue = Mutex(Queue())

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let isFree = queue.withLock { queue in
            queue.jobs.append(job)
            defer { queue.isBusy = true }
            return !queue.isBusy
        }
        guard isFree else { return }
        // The actor that it belongs to may go with its last job.
        let this = Unmanaged.passRetained(self)
        defer { this.release() }
        while let next = next() { unsafe next.runSynchronously(on: asUnownedSerialExecutor()) }
    }

    private func next() -> UnownedJob? {
        queue.withLock { queue in
            queue.isBusy = !queue.jobs.isEmpty
            return queue.isBusy ? queue.jobs.removeFirst() : nil
        }
    }
}

/// A serial executor with a thread of its own, for an actor whose work blocks (a database, a libvirt connection):
/// blocking there never holds up the cooperative pool.
public final class ThreadExecutor: SerialExecutor, Sendable {
    private struct Queue {
        var jobs = Deque<UnownedJob>()
        var stopped = false
    }

    private enum Next {
        case job(UnownedJob)
        case end
    }

    private let queue = Monitor(Queue())

    /// - Parameter name: the thread's name as `ps -L` shows it; at most 15 bytes count.
    public init(name: String) {
        let executor = asUnownedSerialExecutor()
        NamedThread.start(name) { [queue] in
            while case .job(let job) = queue.wait(Self.take) { job.runSynchronously(on: executor) }
        }
    }

    deinit { queue.change { $0.stopped = true } }

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.change { $0.jobs.append(job) }
    }

    /// What was enqueued is done before the end.
    private static func take(_ queue: inout Queue) -> Next? {
        if let job = queue.jobs.popFirst() { return .job(job) }
        return queue.stopped ? .end : nil
    }
}

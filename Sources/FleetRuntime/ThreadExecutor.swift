import Glibc
import Synchronization

/// A serial executor with a thread of its own, for an actor whose work blocks (a database, a libvirt connection):
/// blocking there never holds up the cooperative pool.
public final class ThreadExecutor: SerialExecutor, Sendable {
    private final class Queue: @unchecked Sendable {
        // At addresses of their own: several threads use them at once, which a stored property does not allow.
        let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
        let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
        var jobs = Deque<UnownedJob>()
        var stopped = false

        init() {
            pthread_mutex_init(mutex, nil)
            pthread_cond_init(condition, nil)
        }

        deinit {
            pthread_cond_destroy(condition)
            pthread_mutex_destroy(mutex)
            condition.deallocate()
            mutex.deallocate()
        }

        func add(_ job: UnownedJob) {
            pthread_mutex_lock(mutex)
            jobs.append(job)
            pthread_cond_signal(condition)
            pthread_mutex_unlock(mutex)
        }

        func stop() {
            pthread_mutex_lock(mutex)
            stopped = true
            pthread_cond_signal(condition)
            pthread_mutex_unlock(mutex)
        }

        func take() -> UnownedJob? {
            pthread_mutex_lock(mutex)
            defer { pthread_mutex_unlock(mutex) }
            while true {
                if let job = jobs.popFirst() { return job }
                if stopped { return nil }
                pthread_cond_wait(condition, mutex)
            }
        }
    }

    private let queue = Queue()

    /// - Parameter name: the thread's name as `ps -L` shows it; at most 15 bytes count.
    public init(name: String) {
        let executor = asUnownedSerialExecutor()
        NamedThread.start(name) { [queue] in
            while let job = queue.take() { job.runSynchronously(on: executor) }
        }
    }

    deinit { queue.stop() }

    public func enqueue(_ job: consuming ExecutorJob) { queue.add(UnownedJob(job)) }
}

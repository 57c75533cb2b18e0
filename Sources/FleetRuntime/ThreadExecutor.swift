import Glibc
import Synchronization

/// A serial executor with a thread of its own, for an actor whose work blocks (a database, a libvirt connection):
/// blocking there never holds up the cooperative pool.
public final class ThreadExecutor: SerialExecutor, Sendable {
    private final class Queue: @unchecked Sendable {
        var mutex = pthread_mutex_t()
        var condition = pthread_cond_t()
        var jobs: ArraySlice<UnownedJob> = []
        var stopped = false

        init() {
            pthread_mutex_init(&mutex, nil)
            pthread_cond_init(&condition, nil)
        }

        deinit {
            pthread_cond_destroy(&condition)
            pthread_mutex_destroy(&mutex)
        }

        func add(_ job: UnownedJob) {
            pthread_mutex_lock(&mutex)
            jobs.append(job)
            pthread_cond_signal(&condition)
            pthread_mutex_unlock(&mutex)
        }

        func stop() {
            pthread_mutex_lock(&mutex)
            stopped = true
            pthread_cond_signal(&condition)
            pthread_mutex_unlock(&mutex)
        }

        func take() -> UnownedJob? {
            pthread_mutex_lock(&mutex)
            defer { pthread_mutex_unlock(&mutex) }
            while true {
                if let job = jobs.popFirst() { return job }
                if stopped { return nil }
                pthread_cond_wait(&condition, &mutex)
            }
        }
    }

    private final class Start {
        let name: String
        let queue: Queue
        let executor: UnownedSerialExecutor
        init(name: String, queue: Queue, executor: UnownedSerialExecutor) {
            self.name = name
            self.queue = queue
            self.executor = executor
        }
    }

    private let queue = Queue()

    /// - Parameter name: the thread's name as `ps -L` shows it; at most 15 bytes count.
    public init(name: String) {
        let start = Start(name: name, queue: queue, executor: asUnownedSerialExecutor())
        var thread = pthread_t()
        let code = pthread_create(&thread, nil, threadMain, Unmanaged.passRetained(start).toOpaque())
        precondition(code == 0, "cannot start thread \(name): \(String(cString: strerror(code)))")
        pthread_detach(thread)
    }

    deinit { queue.stop() }

    public func enqueue(_ job: consuming ExecutorJob) { queue.add(UnownedJob(job)) }

    private static let run: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { argument in
        guard let argument else { return nil }
        let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
        nameThread(start.name)
        while let job = start.queue.take() { job.runSynchronously(on: start.executor) }
        return nil
    }

    /// pthread_setname_np(3) is out of Swift's reach; this is what it does.
    private static func nameThread(_ name: String) {
        let descriptor = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        _ = write(descriptor, name, min(name.utf8.count, 15))
        close(descriptor)
    }

    private var threadMain: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? { Self.run }
}

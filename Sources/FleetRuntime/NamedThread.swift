import Glibc

/// Work on a thread of its own, which may block.
public enum NamedThread {
    private final class Body {
        let name: String
        let run: @Sendable () -> Void
        init(name: String, run: @escaping @Sendable () -> Void) {
            self.name = name
            self.run = run
        }
    }

    /// Starts a thread that nobody waits for; the body's end is its end.
    /// - Parameter name: the thread's name as `ps -L` shows it; at most 15 bytes count.
    public static func start(_ name: String, _ run: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        let body = Unmanaged.passRetained(Body(name: name, run: run))
        let code = pthread_create(&thread, nil, main, body.toOpaque())
        precondition(code == 0, "cannot start thread \(name): \(String(cString: strerror(code)))")
        pthread_detach(thread)
    }

    /// What `body` returns, on a thread of its own.
    public static func result<Result: Sendable>(
        _ name: String, _ body: @escaping @Sendable () -> Result
    ) async -> Result {
        await withCheckedContinuation { continuation in
            start(name) { continuation.resume(returning: body()) }
        }
    }

    /// Work that runs at the same time as that of the thread that waits for it.
    public final class Part<Result: Sendable>: Sendable {
        private let outcome = Outcome<Result>()

        public init(_ name: String, _ body: @escaping @Sendable () -> Result) {
            start(name) { [outcome] in outcome.set(body()) }
        }

        /// Blocks until its end.
        public func join() -> Result { outcome.wait() }

        /// Blocks until its end, or until `limit` has passed: nil, and the thread is left behind.
        public func join(within limit: Duration) -> Result? { outcome.wait(limit) }
    }

    private final class Outcome<Result>: @unchecked Sendable {
        // At addresses of their own: several threads use them at once, which a stored property does not allow.
        private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
        private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
        private var result: Result?

        init() {
            pthread_mutex_init(mutex, nil)
            var attributes = pthread_condattr_t()
            pthread_condattr_init(&attributes)
            pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
            pthread_cond_init(condition, &attributes)
        }

        deinit {
            pthread_cond_destroy(condition)
            pthread_mutex_destroy(mutex)
            condition.deallocate()
            mutex.deallocate()
        }

        func set(_ value: Result) {
            pthread_mutex_lock(mutex)
            result = value
            pthread_cond_signal(condition)
            pthread_mutex_unlock(mutex)
        }

        func wait() -> Result {
            pthread_mutex_lock(mutex)
            defer { pthread_mutex_unlock(mutex) }
            while true {
                if let result { return result }
                pthread_cond_wait(condition, mutex)
            }
        }

        func wait(_ limit: Duration) -> Result? {
            var deadline = timespec()
            clock_gettime(CLOCK_MONOTONIC, &deadline)
            deadline.tv_sec += Int(limit.components.seconds)
            deadline.tv_nsec += Int(limit.components.attoseconds / 1_000_000_000)
            if deadline.tv_nsec >= 1_000_000_000 {
                deadline.tv_sec += 1
                deadline.tv_nsec -= 1_000_000_000
            }
            pthread_mutex_lock(mutex)
            defer { pthread_mutex_unlock(mutex) }
            while result == nil, pthread_cond_timedwait(condition, mutex, &deadline) != ETIMEDOUT {}
            return result
        }
    }

    private static let main: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { argument in
        guard let argument else { return nil }
        let body = Unmanaged<Body>.fromOpaque(argument).takeRetainedValue()
        nameThread(body.name)
        body.run()
        return nil
    }

    /// pthread_setname_np(3) is out of Swift's reach; this is what it does.
    private static func nameThread(_ name: String) {
        let descriptor = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        _ = write(descriptor, name, min(name.utf8.count, 15))
        close(descriptor)
    }
}

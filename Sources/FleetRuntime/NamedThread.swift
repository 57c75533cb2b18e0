import Glibc
import Synchronization

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
        pthread_detach(create(name, run))
    }

    /// What `body` returns, on a thread of its own.
    public static func result<Result: Sendable>(
        _ name: String, _ body: @escaping @Sendable () -> Result
    ) async -> Result {
        await withCheckedContinuation { continuation in
            start(name) { continuation.resume(returning: body()) }
        }
    }

    /// Work that another blocking thread does at the same time as its own, and waits for.
    public final class Part<Result: Sendable>: Sendable {
        private let thread: pthread_t
        private let outcome: Outcome

        private final class Outcome: Sendable {
            let result = Mutex<Result?>(nil)
        }

        public init(_ name: String, _ body: @escaping @Sendable () -> Result) {
            let outcome = Outcome()
            self.outcome = outcome
            thread = create(name) {
                let result = body()
                outcome.result.withLock { $0 = result }
            }
        }

        /// Waits for its end. To be called once.
        public func join() -> Result {
            pthread_join(thread, nil)
            guard let result = outcome.result.withLock({ $0 }) else { preconditionFailure("joined twice") }
            return result
        }
    }

    private static func create(_ name: String, _ run: @escaping @Sendable () -> Void) -> pthread_t {
        var thread = pthread_t()
        let body = Unmanaged.passRetained(Body(name: name, run: run))
        let code = pthread_create(&thread, nil, main, body.toOpaque())
        precondition(code == 0, "cannot start thread \(name): \(String(cString: strerror(code)))")
        return thread
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

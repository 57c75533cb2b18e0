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

    /// Work that runs at the same time as that of the thread that waits for it.
    public final class Part<Result: Sendable>: Sendable {
        private let outcome = Monitor<Result?>(nil)

        public init(_ name: String, _ body: @escaping @Sendable () -> Result) {
            start(name) { [outcome] in
                let result = body()
                outcome.change { $0 = result }
            }
        }

        /// Blocks until its end.
        public func join() -> Result { outcome.wait { $0 } }

        /// Blocks until its end, or until `limit` has passed: nil, and the thread is left behind.
        public func join(within limit: Duration) -> Result? { outcome.wait(limit) { $0 } }
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

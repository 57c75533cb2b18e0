import Glibc
import Synchronization

/// SIGTERM and SIGINT, brought from the signal handler to ordinary code. None is missed once `watch` has returned;
/// a dispatch source takes hold of a signal some time later.
enum TerminationSignals {
    private struct Watchers {
        var bodies: [Int: @Sendable (Int32) -> Void] = [:]
        var nextID = 0
    }

    private static let watchers = Mutex(Watchers())
    fileprivate static let writeEnd = Atomic<Int32>(-1)

    /// - Returns: what `unwatch` takes.
    static func watch(_ body: @escaping @Sendable (Int32) -> Void) -> Int {
        startReader
        return watchers.withLock { watchers in
            if watchers.bodies.isEmpty { for number in [SIGTERM, SIGINT] { signal(number, handler) } }
            watchers.nextID += 1
            watchers.bodies[watchers.nextID] = body
            return watchers.nextID
        }
    }

    /// With the last watcher the signals end the process again.
    static func unwatch(_ id: Int) {
        watchers.withLock { watchers in
            watchers.bodies[id] = nil
            if watchers.bodies.isEmpty { for number in [SIGTERM, SIGINT] { signal(number, SIG_DFL) } }
        }
    }

    private static let startReader: Void = {
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        precondition(
            socketpair(AF_UNIX, kind, 0, &ends) == 0,
            "cannot make a pipe for signals: \(String(cString: strerror(errno)))")
        writeEnd.store(ends[1], ordering: .releasing)
        let readEnd = ends[0]
        NamedThread.start("signals") {
            var number: UInt8 = 0
            while true {
                guard read(readEnd, &number, 1) == 1 else { continue }
                for body in watchers.withLock(\.bodies).values { body(Int32(number)) }
            }
        }
    }()
}

/// Runs in whatever thread the signal interrupts: nothing but what signal-safety(7) allows.
private let handler: @convention(c) (Int32) -> Void = { number in
    let saved = errno
    var byte = UInt8(truncatingIfNeeded: number)
    _ = write(TerminationSignals.writeEnd.load(ordering: .acquiring), &byte, 1)
    errno = saved
}

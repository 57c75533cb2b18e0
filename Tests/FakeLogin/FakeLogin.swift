import CSystemd
import FleetRuntime
import Glibc
import Synchronization

/// A logind that a test plays: it hands out delay locks, notices when they are given back, and announces sleep and
/// shutdown, with the interface and the order of systemd-logind.
public final class FakeLogin: Sendable {
    public struct Failure: Error {
        public let code: Int32
    }

    /// One lock that somebody holds, or held.
    private struct Lock {
        var what: String
        /// Its connection's name on the bus.
        var holder: String
        /// The other end of what the holder got: it hangs up when that is closed.
        var descriptor: Int32
    }

    /// What a program has asked to be let alone with.
    public struct Inhibitor: Sendable {
        public var what: String
        public var who: String
        public var mode: String
        public var pid: UInt32
        public init(_ what: String, by who: String, mode: String = "block", pid: UInt32 = 1) {
            self.what = what
            self.who = who
            self.mode = mode
            self.pid = pid
        }
    }

    public struct Session: Sendable {
        public var uid: UInt32
        public var name: String
        /// Empty for one over the network.
        public var seat: String
        public init(uid: UInt32, name: String, seat: String) {
            self.uid = uid
            self.name = name
            self.seat = seat
        }
    }

    /// What logind answers with.
    struct Answers {
        var delay: Duration
        var inhibitors: [Inhibitor] = []
        var sessions: [Session] = []
    }

    private struct State {
        var answers: Answers
        var locks: [Lock] = []
        var announcements: [(signal: String, begins: Bool)] = []
        var isClosed = false
        var refusal: String?
    }

    private let state: Mutex<State>
    private let wakeup = Wakeup()
    private let ended = Mailbox<Void>(capacity: 1)

    /// Returns when the bus knows it as logind.
    /// - Parameter delay: its InhibitDelayMaxSec.
    public init(on address: String, delay: Duration = .seconds(5)) throws {
        state = Mutex(State(answers: Answers(delay: delay)))
        let server = try LoginServer(address: address)
        NamedThread.start("fake-logind") { [self] in
            while !state.withLock(\.isClosed) {
                for (signal, begins) in takeAnnouncements() { server.announce(signal, begins) }
                guard server.serve(wakeup, answers: { state.withLock(\.answers) }, lock: lock) else { break }
            }
            server.close()
            ended.send(())
        }
    }

    /// It goes away, and with it all locks.
    public func stop() async {
        state.withLock { $0.isClosed = true }
        wakeup.signal()
        _ = await ended.next()
        state.withLock { state in
            for lock in state.locks { close(lock.descriptor) }
            state.locks = []
        }
    }

    /// The locks that are held: `sleep`, `shutdown`.
    public var locks: [String] {
        state.withLock { state in
            state.locks.removeAll { lock in
                var descriptor = pollfd(fd: lock.descriptor, events: 0, revents: 0)
                guard poll(&descriptor, 1, 0) > 0 else { return false }
                close(lock.descriptor)
                return true
            }
            return state.locks.map(\.what).sorted()
        }
    }

    public func setDelay(_ delay: Duration) { state.withLock { $0.answers.delay = delay } }
    public func setInhibitors(_ inhibitors: [Inhibitor]) { state.withLock { $0.answers.inhibitors = inhibitors } }
    public func setSessions(_ sessions: [Session]) { state.withLock { $0.answers.sessions = sessions } }

    /// From now on locks are refused; nil grants them again.
    public func refuse(_ reason: String?) { state.withLock { $0.refusal = reason } }

    public func prepareForSleep(_ begins: Bool) { announce("PrepareForSleep", begins) }
    public func prepareForShutdown(_ begins: Bool) { announce("PrepareForShutdown", begins) }

    /// Another connection tells those who hold locks that the host shuts down.
    public func impersonate(on address: String) throws {
        let server = try LoginServer(address: address, name: nil)
        for lock in state.withLock(\.locks) { server.announce("PrepareForShutdown", true, to: lock.holder) }
        server.close()
    }

    private func announce(_ signal: String, _ begins: Bool) {
        state.withLock { $0.announcements.append((signal, begins)) }
        wakeup.signal()
    }

    private func takeAnnouncements() -> [(signal: String, begins: Bool)] {
        state.withLock { state in
            defer { state.announcements = [] }
            return state.announcements
        }
    }

    /// - Returns: what the holder gets, the caller's own; or why it gets nothing.
    private func lock(_ what: String, _ holder: String) -> LoginServer.Grant {
        state.withLock { state in
            if let refusal = state.refusal { return .refused(refusal) }
            var ends: [Int32] = [-1, -1]
            guard pipe(&ends) == 0 else { return .refused("no pipe") }
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            state.locks.append(Lock(what: what, holder: holder, descriptor: ends[0]))
            return .granted(ends[1])
        }
    }
}

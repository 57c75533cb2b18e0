import FleetRuntime
import Glibc
import Synchronization

/// A program that runs beside this one until somebody ends it: a broker, a daemon under test.
/// It gets no descriptor but its three standard ones, default signals and a process group of its own, so that a
/// terminal's Ctrl-C does not reach it. Its end is noticed by a thread that waits for it.
public final class ChildProcess: Sendable {
    /// Where standard output and standard error go.
    public enum Output: Sendable {
        case discard
        /// Appended to this file, made with mode 0600.
        case file(String)
        /// Line by line, without the line end, on a thread of its own; a slow reader slows the program down.
        case lines(@Sendable (String) -> Void)
    }

    public enum Exit: Equatable, Sendable, CustomStringConvertible {
        case status(Int32)
        case signal(Int32)

        public var description: String {
            switch self {
            case .status(let status): "exited with status \(status)"
            case .signal(let number): "was ended by signal \(number)"
            }
        }
    }

    private struct State {
        var exit: Exit?
        var waiters: [CheckedContinuation<Exit, Never>] = []
    }

    public let pid: pid_t
    private let state = Mutex(State())

    /// Starts the program.
    /// - Parameters:
    ///   - path: an absolute path.
    ///   - arguments: without the program's own name.
    ///   - environment: the whole environment; nil for this process's own.
    public init(
        _ path: String, _ arguments: [String] = [], environment: [String: String]? = nil, output: Output = .discard
    ) throws(SubprocessError) {
        let sink = try OutputSink(output, for: path)
        pid = try Command(program: path, path: path, arguments: arguments, environment: environment, limits: nil)
            .spawn(input: Descriptor.input(nil, for: path), output: sink.writeEnd, error: sink.writeEnd)
        sink.startReading()
        NamedThread.start("vf-wait-child") { [self] in reap() }
    }

    /// How the program ended; nil while it runs.
    public var exit: Exit? { state.withLock(\.exit) }

    /// Sends a signal; nothing happens once the program has ended, even if another has its process ID by now.
    public func signal(_ number: Int32) {
        state.withLock { state in
            if state.exit == nil { _ = Glibc.kill(pid, number) }
        }
    }

    /// Returns when the program has ended.
    @discardableResult
    public func wait() async -> Exit {
        await withCheckedContinuation { continuation in
            let exit = state.withLock { state in
                if state.exit == nil { state.waiters.append(continuation) }
                return state.exit
            }
            if let exit { continuation.resume(returning: exit) }
        }
    }

    /// SIGTERM, then SIGKILL if the program still runs after `limit`.
    @discardableResult
    public func terminate(within limit: Duration = .seconds(5)) async -> Exit {
        signal(SIGTERM)
        let killer = Task.detached {
            try await Task.sleep(for: limit)
            self.signal(SIGKILL)
        }
        defer { killer.cancel() }
        return await wait()
    }

    /// SIGKILL; returns when the program is gone.
    @discardableResult
    public func kill() async -> Exit {
        signal(SIGKILL)
        return await wait()
    }

    /// Waits without collecting the status first, so that `signal` never hits a process ID that is free again.
    private func reap() {
        var info = siginfo_t()
        while waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) == -1, errno == EINTR {}
        let (exit, waiters) = state.withLock { state -> (Exit, [CheckedContinuation<Exit, Never>]) in
            var status: Int32 = 0
            while waitpid(pid, &status, 0) == -1, errno == EINTR {}
            let exit: Exit = status & 0x7f == 0 ? .status(status >> 8 & 0xff) : .signal(status & 0x7f)
            state.exit = exit
            defer { state.waiters = [] }
            return (exit, state.waiters)
        }
        for waiter in waiters { waiter.resume(returning: exit) }
    }
}

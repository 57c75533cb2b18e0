import FleetRuntime
import FoundationEssentials
import Synchronization

/// A clock that stands until a test moves it; sleepers wake when it passes them.
public final class ManualTimeSource: TimeSource {
    private struct Sleeper {
        let id: Int
        let wake: Duration
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var now: Date
        var elapsed: Duration = .zero
        var sleepers: [Sleeper] = []
        var nextID = 0
        var cancelled: Set<Int> = []
    }

    private let state: Mutex<State>

    public init(now: Date = Date(timeIntervalSince1970: 1_790_000_000)) { state = Mutex(State(now: now)) }

    public func now() -> Date { state.withLock(\.now) }
    public func uptime() -> Duration { state.withLock(\.elapsed) }
    public func monotonic() -> Duration { state.withLock(\.elapsed) }

    /// Time passes on all clocks.
    public func advance(by duration: Duration) {
        let due = state.withLock { state in
            state.now += duration.seconds
            state.elapsed += duration
            let due = state.sleepers.filter { $0.wake <= state.elapsed }
            state.sleepers.removeAll { $0.wake <= state.elapsed }
            return due
        }
        for sleeper in due { sleeper.continuation.resume() }
    }

    /// The wall clock alone jumps.
    public func jump(by duration: Duration) { state.withLock { $0.now += duration.seconds } }

    public func sleep(for duration: Duration) async throws {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let outcome: Result<Void, any Error>? = state.withLock { state in
                    if state.cancelled.remove(id) != nil || Task.isCancelled { return .failure(CancellationError()) }
                    if duration <= .zero { return .success(()) }
                    state.sleepers.append(Sleeper(id: id, wake: state.elapsed + duration, continuation: continuation))
                    return nil
                }
                if let outcome { continuation.resume(with: outcome) }
            }
        } onCancel: {
            let sleeper = state.withLock { state -> Sleeper? in
                guard let index = state.sleepers.firstIndex(where: { $0.id == id }) else {
                    state.cancelled.insert(id)
                    return nil
                }
                return state.sleepers.remove(at: index)
            }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }

    /// How many tasks sleep now; lets a test wait until its subject does.
    public var sleeperCount: Int { state.withLock(\.sleepers.count) }
}

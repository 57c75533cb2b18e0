import FleetRuntime
import Synchronization

/// What the callers of a `MosquittoBus` share with its thread: their commands, and what they may know at once.
final class BusCommands: Sendable {
    typealias Answer = CheckedContinuation<Result<Void, BusError>, Never>

    enum Command {
        case publish(BusMessage, Answer)
        case subscribe(String, QoS, Answer)
        case reportTwin(String)
        /// Disconnect normally, tell who waits, and wait for `resume`.
        case suspend(CheckedContinuation<Void, Never>?)
        case resume
        /// Disconnect normally, tell who waits, and end.
        case disconnect(CheckedContinuation<Void, Never>?)
        /// End without a word.
        case abandon
    }

    struct Subscription: Equatable {
        var filter: String
        var qos: QoS
    }

    private struct State {
        var connected = false
        /// The thread may be busy for long and hears nothing.
        var deaf = false
        var finished = false
        var commands: ArraySlice<Command> = []
        var subscriptions: [Subscription] = []
        var underWay = 0
        var bytesUnderWay = 0
        var statistics = BusStatistics()
    }

    private let limits: BusLimits
    private let wakeup: Wakeup
    private let state = Mutex(State())

    init(limits: BusLimits, wakeup: Wakeup) {
        self.limits = limits
        self.wakeup = wakeup
    }

    // MARK: - The callers' side

    func publish(_ message: BusMessage) async -> Result<Void, BusError> {
        let bytes = message.payload.count
        let result = await withCheckedContinuation { answer in
            let refusal: BusError? = state.withLock { state in
                guard state.connected else { return .notConnected }
                guard state.underWay < limits.publishesUnderWay,
                    state.bytesUnderWay + bytes <= max(limits.publishedBytesUnderWay, bytes)
                else { return .queueFull }
                state.underWay += 1
                state.bytesUnderWay += bytes
                state.commands.append(.publish(message, answer))
                return nil
            }
            if let refusal { answer.resume(returning: .failure(refusal)) } else { wakeup.signal() }
        }
        switch result {
        case .failure(.notConnected), .failure(.queueFull): break
        default:
            state.withLock { state in
                state.underWay -= 1
                state.bytesUnderWay -= bytes
                if case .success = result { state.statistics.published += 1 }
            }
        }
        return result
    }

    /// Remembers the subscription; while connected, returns when the broker has answered, and forgets a refused one.
    func subscribe(_ filter: String, qos: QoS) async -> Result<Void, BusError> {
        let result = await withCheckedContinuation { answer in
            let connected = state.withLock { state in
                state.subscriptions.removeAll { $0.filter == filter }
                state.subscriptions.append(Subscription(filter: filter, qos: qos))
                if state.connected { state.commands.append(.subscribe(filter, qos, answer)) }
                return state.connected
            }
            if connected { wakeup.signal() } else { answer.resume(returning: .success(())) }
        }
        switch result {
        case .failure(.refused), .failure(.invalid):
            state.withLock { state in state.subscriptions.removeAll { $0.filter == filter } }
        // The connection broke meanwhile: the subscription is made at the next one.
        case .failure, .success: return .success(())
        }
        return result
    }

    func send(_ command: Command) {
        state.withLock { $0.commands.append(command) }
        wakeup.signal()
    }

    /// Returns when the thread has disconnected; at once if it has ended or is making a connection, which then ends
    /// as soon as it is made.
    func disconnect() async { await leave { .disconnect($0) } }

    /// Returns as `disconnect` does.
    func suspend() async { await leave { .suspend($0) } }

    private func leave(_ command: (CheckedContinuation<Void, Never>?) -> Command) async {
        await withCheckedContinuation { done in
            let waits = state.withLock { state in
                let waits = !state.finished && !state.deaf
                state.commands.append(command(waits ? done : nil))
                return waits
            }
            if waits { wakeup.signal() } else { done.resume() }
        }
    }

    var statistics: BusStatistics { state.withLock(\.statistics) }

    // MARK: - The thread's side

    /// The next command; those behind one that ends the connection stay, for `loseConnection` and `finish`.
    func next() -> Command? { state.withLock { $0.commands.popFirst() } }

    func setDeaf(_ deaf: Bool) { state.withLock { $0.deaf = deaf } }

    /// - Returns: the subscriptions that are not among the made ones; when there are none, callers may publish from now.
    func connect(made: [Subscription]) -> [Subscription] {
        state.withLock { state in
            let missing = state.subscriptions.filter { !made.contains($0) }
            if missing.isEmpty {
                state.connected = true
                state.statistics.connections += 1
            }
            return missing
        }
    }

    /// - Returns: who still waits for something that the lost connection should have done.
    func loseConnection() -> [Answer] {
        state.withLock { state in
            state.connected = false
            var waiting: [Answer] = []
            state.commands.removeAll { command in
                switch command {
                case .publish(_, let answer), .subscribe(_, _, let answer):
                    waiting.append(answer)
                    return true
                case .reportTwin, .suspend, .resume, .disconnect, .abandon: return false
                }
            }
            return waiting
        }
    }

    func count(_ change: (inout BusStatistics) -> Void) { state.withLock { change(&$0.statistics) } }

    /// - Returns: who waits for a disconnection that is no longer needed.
    func finish() -> [CheckedContinuation<Void, Never>] {
        state.withLock { state in
            state.finished = true
            defer { state.commands = [] }
            return state.commands.compactMap { command in
                switch command {
                case .disconnect(let done), .suspend(let done): done
                default: nil
                }
            }
        }
    }
}

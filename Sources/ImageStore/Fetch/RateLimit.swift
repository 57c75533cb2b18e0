import FleetRuntime
import Synchronization

/// Bytes a second that several threads share. What a request will bring is not known before it is over: the usual is set aside when it
/// starts, and corrected then.
public final class RateLimit: Sendable {
    private struct State {
        /// May be below zero, for what has come already.
        var available = 0.0
        var at: Duration
        /// What a request brings about, in bytes.
        var usual = 65_536.0
    }

    /// What may come at once after a silence, in seconds of the rate.
    private static let burst = 0.25
    private let rate: Double
    private let time: any TimeSource
    private let state: Mutex<State>

    public convenience init(bytesPerSecond: UInt64) {
        self.init(bytesPerSecond: bytesPerSecond, time: SystemTimeSource())
    }

    init(bytesPerSecond: UInt64, time: any TimeSource) {
        rate = Double(max(1, bytesPerSecond))
        self.time = time
        state = Mutex(State(at: time.monotonic()))
    }

    enum Turn: Equatable {
        /// So many bytes are set aside.
        case now(reserved: Double)
        case later(Duration)
    }

    /// Whether a request may start.
    func next() -> Turn {
        let now = time.monotonic()
        return state.withLock { state in
            state.available = min(state.available + (now - state.at).seconds * rate, rate * Self.burst)
            state.at = now
            guard state.available >= 0 else { return .later(.seconds(-state.available / rate)) }
            state.available -= state.usual
            return .now(reserved: state.usual)
        }
    }

    /// A request is over, and has brought so much.
    func settle(_ reserved: Double, brought bytes: Int) {
        state.withLock { state in
            state.available += reserved - Double(bytes)
            if bytes > 0 { state.usual += (Double(bytes) - state.usual) / 16 }
        }
    }
}

import FleetModel
import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import Hypervisor
import Provisioning
import Synchronization

/// Where the jobs of one life of an agent pass, point by point: it lets them go on, holds them there for as long as the world wants,
/// or ends the life. What it does at a point follows from the seed and the point alone.
final class FaultGate: Sendable {
    struct Crash: Error {}

    private struct State {
        var parked: [JobID: CheckedContinuation<Void, any Error>] = [:]
        var isOver = false
        var restarts: [JobID: Int] = [:]
        var now: Date
        var isSynchronised = true
        var held: @Sendable () -> Void = {}
    }

    private let seed: UInt64
    private let host: Int
    private let life: Int
    private let ledger: Ledger
    private let hypervisor: InMemoryHypervisor
    private let state: Mutex<State>

    init(
        seed: UInt64, host: Int, life: Int, ledger: Ledger, hypervisor: InMemoryHypervisor, now: Date
    ) {
        self.seed = seed
        self.host = host
        self.life = life
        self.ledger = ledger
        self.hypervisor = hypervisor
        state = Mutex(State(now: now))
    }

    /// - Parameter held: called when a job is held.
    func whenHeld(_ held: @escaping @Sendable () -> Void) { state.withLock { $0.held = held } }

    /// The time of the world.
    func set(now: Date) { state.withLock { $0.now = now } }

    /// Whether a time service keeps the host's clock.
    var isClockSynchronised: Bool {
        get { state.withLock(\.isSynchronised) }
        set { state.withLock { $0.isSynchronised = newValue } }
    }

    var parkedJobs: Set<JobID> { state.withLock { Set($0.parked.keys) } }

    func pass(_ point: FaultPoint) async throws {
        note(point)
        guard holds(point) else {
            if state.withLock(\.isOver) { throw Crash() }
            return
        }
        try await withCheckedThrowingContinuation { continuation in
            let held = state.withLock { state in
                if !state.isOver { state.parked[point.job] = continuation }
                return state.isOver ? nil : state.held
            }
            if let held { held() } else { continuation.resume(throwing: Crash()) }
        }
    }

    func letGo(_ job: JobID) { state.withLock { $0.parked.removeValue(forKey: job) }?.resume() }

    /// The process ends; what it was about to do does not happen.
    func crash() {
        let parked = state.withLock { state in
            state.isOver = true
            state.held = {}
            defer { state.parked = [:] }
            return state.parked.values.map(\.self)
        }
        for continuation in parked { continuation.resume(throwing: Crash()) }
    }

    private func note(_ point: FaultPoint) {
        switch point.moment {
        case .afterIntent:
            state.withLock { $0.restarts[point.job] = reboots }
            ledger.begins(point.job, Ledger.Begin(host: host, time: state.withLock(\.now)))
        case .afterEffect:
            let before = state.withLock { $0.restarts[point.job] }
            // Without one the step was intended in a life before, and probed in this one.
            ledger.takesEffect(point.job, times: reboots - (before ?? reboots))
        default: break
        }
    }

    private var reboots: Int { hypervisor.events.count }

    private func holds(_ point: FaultPoint) -> Bool {
        var mix = seed &+ UInt64(host) &* 0x9E37 &+ UInt64(life) &* 0x79B9
        for byte in "\(point.job)\(point)".utf8 { mix = (mix ^ UInt64(byte)) &* 0x100_0000_01B3 }
        var random = SeededGenerator(seed: mix)
        return Int.random(in: 0..<100, using: &random) < 30
    }
}

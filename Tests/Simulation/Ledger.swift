import FleetModel
import FleetRuntime
import FoundationEssentials
import Synchronization

/// What really happened, whoever knows of it: the referee of a run.
final class Ledger: Sendable {
    /// A job's first step is about to take effect.
    struct Begin: Sendable {
        var host: Int
        /// The time of the world, which no clock of a host need tell.
        var time: Date
    }

    private struct State {
        var begins: [JobID: Begin] = [:]
        var effects: [JobID: Int] = [:]
        var violations: [String] = []
        var news: [(JobID, Begin)] = []
    }

    private let state = Mutex(State())

    func begins(_ job: JobID, _ begin: Begin) {
        state.withLock { state in
            guard state.begins[job] == nil else { return }
            state.begins[job] = begin
            state.news.append((job, begin))
        }
    }

    func takesEffect(_ job: JobID, times count: Int) {
        let total = state.withLock { state in
            state.effects[job, default: 0] += count
            return state.effects[job, default: 0]
        }
        if total > 1 { violate("job \(job) took effect \(total) times") }
    }

    func violate(_ message: String) { state.withLock { $0.violations.append(message) } }

    func hasBegun(_ job: JobID) -> Bool { state.withLock { $0.begins[job] != nil } }

    func effects(of job: JobID) -> Int { state.withLock { $0.effects[job, default: 0] } }

    /// Jobs that began since it was last asked.
    func takeBegins() -> [(job: JobID, begin: Begin)] {
        state.withLock { state in
            defer { state.news = [] }
            return state.news.map { (job: $0.0, begin: $0.1) }.sorted { $0.job < $1.job }
        }
    }

    var violations: [String] { state.withLock(\.violations) }
}

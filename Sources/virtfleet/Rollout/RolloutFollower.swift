import CommandLineKit
import FleetClient
import FleetModel
import FleetRuntime

/// Shows on standard error how far a rollout is, until it is over: one line that changes on a terminal, elsewhere one for
/// each change.
struct RolloutFollower {
    private let session: Session
    private let time: any TimeSource = SystemTimeSource()

    init(_ session: Session) { self.session = session }

    func follow(_ name: ResourceName) async throws -> RolloutResource {
        let stream = session.console.error
        let display = ProgressDisplay("rollout \(name)", stream: stream)
        defer { display.finish() }
        var told: String?
        func tell(_ fraction: Double?, _ text: String) {
            if stream.isTerminal {
                display.update(fraction, text)
            } else if text != told {
                stream.line("rollout \(name): \(text)")
            }
            told = text
        }
        var rollout = try await session.client.rollout(name)
        tell(rollout.fraction, rollout.progressText)
        while !rollout.state.isOver {
            try await time.sleep(for: .seconds(1))
            do {
                rollout = try await session.client.rollout(name)
                tell(rollout.fraction, rollout.progressText)
            } catch {
                guard error.mayPass else { throw error }
                tell(nil, "\(error)")
            }
        }
        return rollout
    }
}

extension RolloutResource {
    fileprivate var fraction: Double? { participants == 0 ? nil : Double(ended) / Double(participants) }

    /// `soaking until 2026-12-01 18:00:00, wave 2 of 4, 12 of 20 hosts done, 1 failed`.
    fileprivate var progressText: String {
        let soak = soakUntil.map { " until \(HumanText.localTime($0))" } ?? ""
        let failures = self[.failed] == 0 ? nil : "\(self[.failed]) failed"
        return [
            state.rawValue + soak, "wave \(waveText)", "\(ended) of \(participants) hosts done", failures, reason,
        ].compactMap { $0 }.joined(separator: ", ")
    }
}

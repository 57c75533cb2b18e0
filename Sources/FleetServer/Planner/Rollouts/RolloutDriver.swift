import FleetModel
import FleetRuntime
import FleetStore

/// Lets rollouts go on. The store decides, and remembers; this comes back every second, and goes on where it was when the
/// controller is started again.
public struct RolloutDriver: Service {
    public let name = "rollout-driver"
    private static let interval = Duration.seconds(1)

    private let store: FleetStore
    private let time: any TimeSource
    private let logger: Logger

    public init(store: FleetStore, time: any TimeSource, logger: Logger) {
        self.store = store
        self.time = time
        self.logger = logger
    }

    public func run() async throws {
        repeat {
            while await step() {}
        } while (try? await time.sleep(for: Self.interval)) != nil
    }

    /// - Returns: whether there is more to do at once.
    package func step() async -> Bool {
        do {
            let (news, isMore) = try await store.stepRollouts()
            for change in news {
                logger.with("rollout", change.rollout).notice(
                    "\(change.state.rawValue), wave \(change.wave), \(change.offers) hosts asked\(change.reason.map { ": \($0)" } ?? "")"
                )
            }
            return isMore
        } catch {
            logger.warning("rollouts cannot go on, will try again: \(error)")
            return false
        }
    }
}

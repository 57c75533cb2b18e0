import FleetModel
import FleetRuntime
import FleetStore

/// Takes hosts into rollouts that are continuous, and leaves out those that their selections do not meet any more.
public struct RolloutMembership: Service {
    public let name = "rollout-membership"
    private static let interval = Duration.seconds(60)

    private let store: FleetStore
    private let time: any TimeSource
    private let logger: Logger

    public init(store: FleetStore, time: any TimeSource, logger: Logger) {
        self.store = store
        self.time = time
        self.logger = logger
    }

    public func run() async throws {
        repeat { await follow() } while (try? await time.sleep(for: Self.interval)) != nil
    }

    func follow() async {
        do {
            for rollout in try await store.continuousRollouts() {
                let plan = try await RolloutPlanner(store: store, time: time).plan(rollout.name, rollout.intent)
                try await store.follow(plan.entries.map(\.target), in: rollout.name)
            }
        } catch {
            logger.warning("cannot see which hosts belong to rollouts, will try again: \(error)")
        }
    }
}

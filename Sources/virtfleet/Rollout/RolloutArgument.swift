import CommandLineKit
import FleetModel

/// How commands name a rollout.
enum RolloutArgument {
    static let name = Argument<ResourceName>.positional("NAME", "The rollout", completion: .rolloutNames)
}

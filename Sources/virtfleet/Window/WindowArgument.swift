import CommandLineKit
import FleetModel

enum WindowArgument {
    static let name = Argument<ResourceName>.positional("NAME", "The window", completion: .windowNames)
}

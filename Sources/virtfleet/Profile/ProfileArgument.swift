import CommandLineKit
import FleetModel

enum ProfileArgument {
    static let name = Argument<ResourceName>.positional("NAME", "The profile", completion: .profileNames)
    static let reference = Argument<ProfileReference>.positional(
        "NAME[:VERSION]", "The profile; its newest version unless another is named", completion: .profileNames)
    static let file = Argument<String>.positional("FILE", "The profile's YAML file", completion: .files)
}

import CommandLineKit
import FleetFiles
import FleetModel

/// A rollout that a file asks for.
struct IntentArguments {
    private static let file = Argument<String>.positional("FILE", "The intent's YAML file", completion: .files)
    private static let naming = DocumentNaming(word: "rollout")

    static let specifications = [file.specification, naming.given.specification]

    let file: String
    let name: ResourceName
    /// The whole of it, defaults included.
    let intent: [String: JSONValue]

    init(_ arguments: ParsedArguments) throws {
        file = try arguments(Self.file)
        name = try Self.naming.name(of: file, arguments)
        intent = try RolloutIntent(file: file).document()
    }
}

import CommandLineKit
import Configuration
import FleetModel
import Placement
import FleetFiles

/// What agent.yaml and the profiles that it names say, and what is wrong with them.
public struct AgentFiles: Sendable {
    public let configuration: AgentConfiguration
    /// Those in order.
    public let profiles: [ResourceName: Profile]
    private let warnings: [String]
    private let problems: [String]

    public init(configuration path: String) {
        let loaded = ConfigurationLoader.load(AgentConfiguration.self, path: path)
        let (profiles, complaints) = Profile.load(from: loaded.value.profileDirectories)
        configuration = loaded.value
        self.profiles = profiles
        warnings = loaded.warnings.map(\.description) + complaints
        problems = loaded.problems.map(\.description)
    }

    /// An agent may run with them.
    public var areUsable: Bool { problems.isEmpty }
    public var areFlawless: Bool { problems.isEmpty && warnings.isEmpty }

    public func report(to stream: Console.Stream) {
        for warning in warnings { stream.line("warning: \(warning)") }
        for problem in problems { stream.line("error: \(problem)") }
    }
}

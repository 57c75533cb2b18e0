import AgentSetup
import CommandLineKit
import Configuration
import FleetModel
import FleetRuntime
import FoundationEssentials

/// Asks the running agent of this host.
struct AgentSocket {
    /// The agent itself may wait for logind.
    private static let patience = Duration.seconds(20)
    private static let longestAnswer = 1 << 20

    private let path: String

    /// - Parameter configuration: the agent's; where it may not be read, the defaults count.
    init(configuration: String) {
        path = ConfigurationLoader.load(AgentConfiguration.self, path: configuration).value.socket
    }

    /// - Returns: the jobs that the answer names.
    func ask(_ request: LocalRequest) throws -> [LocalJob] {
        let reply: LocalReply
        do {
            let connection = LineConnection(try UnixSocket.connect(to: path))
            try connection.writeLine([UInt8](try FleetJSON.encode(request)), within: Self.patience)
            let line = try connection.readLine(atMost: Self.longestAnswer, within: Self.patience)
            reply = try FleetJSON.decode(LocalReply.self, from: Data(line))
        } catch {
            throw SetupError("cannot ask the agent of this host on \(path): \(error); does it run?")
        }
        if let problem = reply.problem { throw SetupError(problem) }
        return reply.jobs ?? []
    }
}

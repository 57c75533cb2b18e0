import FleetModel
import FoundationEssentials
import Glibc
import MessageBus
import Subprocess

/// The real `virtfleet-agent` of one registered host, on a state directory and a libvirt of its own.
public final class AgentUnderTest: Sendable {
    public let program: ProgramUnderTest
    public let host: HostID
    public let name: ResourceName
    public let directory: TemporaryDirectory
    /// Of the agent's state directory.
    public let statePath: String
    private let controller: ControllerUnderTest

    /// Registers a host and writes its configuration; `start()` starts the agent.
    /// - Parameters:
    ///   - libvirt: a URI, such as that of a `PrivateLibvirt`.
    ///   - tpmStates: where that libvirt keeps them, if not where others do.
    ///   - statePath: nil for a directory beside the configuration.
    ///   - profiles: by name, what is added to `bare`.
    ///   - environment: of the program, beside PATH and HOME.
    public convenience init(
        _ name: String, of controller: ControllerUnderTest, libvirt: String, tpmStates: String? = nil,
        statePath: String? = nil, profiles: [String: String] = [:], environment: [String: String] = [:]
    ) async throws {
        let registration = try await controller.register(name)
        try self.init(
            registration, of: controller, libvirt: libvirt, tpmStates: tpmStates, statePath: statePath,
            profiles: profiles, environment: environment)
    }

    /// An agent of a host that is registered already; a second one is its twin.
    /// - Parameter tls: the files for which `agent.yaml` names places in /etc/virtfleet/tls.
    public init(
        _ registration: HostRegistration, of controller: ControllerUnderTest, libvirt: String,
        tpmStates: String? = nil, statePath: String? = nil, profiles: [String: String] = [:],
        environment: [String: String] = [:],
        tls: MosquittoConfiguration.TLS? = nil
    ) throws {
        self.controller = controller
        host = registration.host.id
        name = registration.host.name
        directory = try TemporaryDirectory()
        self.statePath = statePath ?? directory.file("state")
        program = try ProgramUnderTest(
            "virtfleet-agent", ["--config", directory.file("agent.yaml")], environment: environment,
            logPath: directory.file("agent.log"))
        try FileManager.default.createDirectory(
            atPath: directory.file("profiles"), withIntermediateDirectories: false)
        let always = ["tiny": "guestAgentTimeoutSeconds: 150\n", "bare": ""]
        for (name, text) in always.merging(profiles, uniquingKeysWith: { $1 }) {
            try Data((Self.profile + text).utf8).write(to: URL(filePath: directory.file("profiles/\(name).yaml")))
        }
        let places = ["ca.pem": tls?.caFile, "host.pem": tls?.certificateFile, "host.key": tls?.keyFile]
        let registered = places.reduce(registration.agentConfiguration) { text, place in
            text.replacing("/etc/virtfleet/tls/\(place.key)", with: place.value ?? "")
        }
        let configuration = """
            \(registered)
            stateDirectory: \(self.statePath)
            socket: \(directory.file("agent.sock"))
            profileDirectories: [\(directory.file("profiles"))]
            libvirt:
              uri: \(libvirt)
            \(tpmStates.map { "  tpmStates: \($0)" } ?? "")
            metrics:
              interval: 1s

            """
        try Data(configuration.utf8).write(to: URL(filePath: directory.file("agent.yaml")))
    }

    /// For `GuestImage`. A clone of profile `tiny` is done when its guest agent has answered, one of profile `bare` when
    /// it has been switched on.
    private static let profile = "memoryMiB: 256\nvcpus: 1\nfreeDiskMiB: 64\n"

    /// Starts the agent, again after `kill` or `stop`; returns when the controller sees it.
    public func start() async throws {
        let before = try await controller.client.host(host.description).lastSeenAt
        try program.start()
        try await program.until("the controller sees it online") {
            let seen = try await controller.client.host(host.description)
            return seen.state == .online && seen.lastSeenAt != before
        }
    }

    /// What somebody at the host does; must succeed.
    /// - Parameter arguments: of `virtfleet-agent`.
    /// - Returns: its output.
    @discardableResult
    public func command(_ arguments: String...) async throws -> String {
        let arguments = arguments + ["--config", directory.file("agent.yaml")]
        return try await Subprocess.run(try BuiltProgram.path("virtfleet-agent"), arguments).successful().text
    }

    /// SIGKILL; its guests live on.
    public func kill() async { await program.kill() }

    /// SIGTERM: the agent says goodbye.
    @discardableResult
    public func stop() async -> ChildProcess.Exit? { await program.stop() }
}

import FleetClient
import FleetModel
import FoundationEssentials
import Glibc
import MessageBus
import Subprocess

/// The real `virtfleet-controller` on a state directory of its own, with its embedded broker or with one of the test's.
public final class ControllerUnderTest: Sendable {
    /// A broker that the test runs; the controller's user there is `controller`.
    public struct Broker: Sendable {
        public var port: UInt16
        public var password: String?
        public var tls: MosquittoConfiguration.TLS?

        public init(port: UInt16, password: String? = nil, tls: MosquittoConfiguration.TLS? = nil) {
            self.port = port
            self.password = password
            self.tls = tls
        }
    }

    public let program: ProgramUnderTest
    public let directory: TemporaryDirectory
    public let brokerPort: UInt16
    /// The API without a command line between.
    public let client: FleetClient
    /// Of the controller's state directory.
    public let statePath: String
    private let address: String

    /// Returns when the controller is ready.
    /// - Parameters:
    ///   - broker: nil for the controller's own.
    ///   - statePath: nil for a directory beside the configuration.
    ///   - tcp: the API on this loopback port as well, with the token of this file.
    ///   - environment: of the program, beside PATH and HOME.
    public init(
        broker: Broker? = nil, statePath: String? = nil, tcp: (port: UInt16, tokenFile: String)? = nil,
        environment: [String: String] = [:]
    ) async throws {
        directory = try TemporaryDirectory()
        self.statePath = statePath ?? directory.file("state")
        brokerPort = broker?.port ?? LoopbackPort.free()
        address = "unix:\(directory.file("controller.sock"))"
        guard let parsed = ControllerAddress(address) else {
            throw ProgramUnderTest.Failure("\(address) is no address of a controller")
        }
        client = FleetClient(address: parsed)
        program = try ProgramUnderTest(
            "virtfleet-controller", ["serve", "--config", directory.file("controller.yaml")], environment: environment,
            logPath: directory.file("controller.log"))
        var configuration = """
            fleet: test
            stateDirectory: \(self.statePath)
            api:
              socket: \(directory.file("controller.sock"))\(tcp.map { "\n  tcp: {port: \($0.port), tokenFile: \($0.tokenFile)}" } ?? "")
            images:
              port: \(LoopbackPort.free())
            broker:

            """
        if let broker {
            configuration += "  external:\n    host: 127.0.0.1\n    port: \(broker.port)\n"
            if let password = broker.password {
                try Data("\(password)\n".utf8).write(to: URL(filePath: directory.file("bus-password")))
                configuration += "    passwordFile: \(directory.file("bus-password"))\n"
            }
            if let tls = broker.tls {
                configuration += "    tls:\n      ca: \(tls.caFile)\n"
                if let certificate = tls.certificateFile, let key = tls.keyFile {
                    configuration += "      certificate: \(certificate)\n      key: \(key)\n"
                }
            }
        } else {
            configuration += "  embedded: {port: \(brokerPort)}\n"
        }
        try Data(configuration.utf8).write(to: URL(filePath: directory.file("controller.yaml")))
        try await start()
    }

    deinit {
        program.signal(SIGKILL)
        killBroker()
    }

    /// Starts the controller, again after `kill` or `stop`; returns when it is ready: connected and its API open.
    public func start() async throws {
        try program.start()
        try await program.until("the controller is ready") {
            let arguments = [
                "--silent", "--fail", "--unix-socket", directory.file("controller.sock"), "http://localhost/readyz",
            ]
            return try await Subprocess.run("curl", arguments).status == 0
        }
    }

    /// SIGKILL to the controller; its embedded broker is left behind.
    public func kill() async { await program.kill() }

    /// SIGTERM; its embedded broker goes along.
    @discardableResult
    public func stop() async -> ChildProcess.Exit? { await program.stop() }

    /// SIGKILL to the embedded broker, which a running controller starts again.
    /// - Returns: whether there was one.
    @discardableResult
    public func killBroker() -> Bool {
        let mark = "\(statePath)/broker/"
        let brokers = runningProcesses(mentioning: mark).filter { $0 != program.pid }
        for broker in brokers { Glibc.kill(broker, SIGKILL) }
        return !brokers.isEmpty
    }

    /// Runs `virtfleet` against this controller.
    public func virtfleet(_ arguments: String...) async throws -> Subprocess.Output {
        try await virtfleet(arguments)
    }

    public func virtfleet(_ arguments: [String]) async throws -> Subprocess.Output {
        try await Subprocess.run(
            try BuiltProgram.path("virtfleet"), ["--controller", address] + arguments,
            environment: ["PATH": "/usr/bin:/bin"], timeout: .seconds(600))
    }

    /// Runs `virtfleet` as another user of the system, one of the group that may use the API's socket.
    public func virtfleet(as user: uid_t, _ arguments: String...) async throws -> Subprocess.Output {
        try Isolation.requireRoot(for: "virtfleet as another user")
        // The build may lie where nobody else comes in.
        let copy = directory.file("virtfleet")
        if !FileManager.default.fileExists(atPath: copy) {
            try FileManager.default.copyItem(atPath: try BuiltProgram.path("virtfleet"), toPath: copy)
            try FileManager.default.setAttributes([.posixPermissions: 0o750], ofItemAtPath: directory.path)
        }
        return try await Subprocess.run(
            "setpriv",
            ["--reuid=\(user)", "--regid=0", "--clear-groups", "--", copy, "--controller", address] + arguments,
            environment: ["PATH": "/usr/bin:/bin"])
    }

    /// Runs another command of `virtfleet-controller` with this controller's configuration.
    public func administer(_ command: String, _ arguments: String...) async throws -> Subprocess.Output {
        try await Subprocess.run(
            try BuiltProgram.path("virtfleet-controller"),
            [command, "--config", directory.file("controller.yaml")] + arguments)
    }

    /// Registers a host.
    public func register(_ name: String) async throws -> HostRegistration {
        guard let name = ResourceName(name) else { throw ProgramUnderTest.Failure("\(name) is no name") }
        return try await client.addHost(name)
    }
}

/// The processes whose command lines mention a text.
func runningProcesses(mentioning text: String) -> [pid_t] {
    let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return processes.compactMap { pid_t($0) }.filter { pid in
        guard let line = try? Data(contentsOf: URL(filePath: "/proc/\(pid)/cmdline")) else { return false }
        return String(decoding: line, as: UTF8.self).contains(text)
    }
}

import FleetClient
import FleetModel
import FleetTestSupport
import Foundation
import Subprocess

/// The controller as it is shipped, with its own broker and a state directory of its own; it can be stopped and
/// started again.
final class ControllerProcess {
    static let fleet = FleetName("bench")!

    let client: FleetClient
    let brokerPort = LoopbackPort.free()
    private let directory: TemporaryDirectory
    private let program: String
    private let imagePort = LoopbackPort.free()
    private var process: ChildProcess?

    /// Returns when it is ready.
    init(_ context: BenchmarkContext) async throws {
        directory = try TemporaryDirectory()
        program = context.binaries + "/virtfleet-controller"
        client = FleetClient(address: ControllerAddress("unix:\(directory.file("api.sock"))")!)
        try """
        fleet: \(Self.fleet)
        stateDirectory: \(directory.file("state"))
        api: {socket: \(directory.file("api.sock"))}
        images: {port: \(imagePort)}
        broker: {embedded: {port: \(brokerPort)}}
        log: {level: warning}
        """.write(toFile: directory.file("controller.yaml"), atomically: true, encoding: .utf8)
        try await start()
    }

    deinit { process?.signal(SIGTERM) }

    var address: String { client.address.description }
    var socket: String { directory.file("api.sock") }
    var database: String { directory.file("state/fleet.db") }
    var metricsDatabase: String { directory.file("state/metrics.db") }
    /// What the controller has its own broker run with.
    var brokerConfiguration: String { directory.file("state/broker/mosquitto.conf") }
    var brokerPassword: String {
        get throws {
            try String(contentsOfFile: directory.file("state/bus-password"), encoding: .utf8)
                .trimmingCharacters(in: .newlines)
        }
    }

    var pid: pid_t { process?.pid ?? 0 }
    var brokerPID: pid_t {
        get throws {
            guard let found = ProcessUsage.child(of: pid, named: "mosquitto") else {
                throw BenchmarkFailure("the controller has no broker")
            }
            return found
        }
    }

    func start() async throws {
        let process = try ChildProcess(
            program, ["serve", "--config", directory.file("controller.yaml")], output: .file(directory.file("log")))
        self.process = process
        let serves = try await eventually {
            if process.exit != nil { return true }
            return (try? await client.jobs(limit: 1)) != nil && LoopbackPort.accepts(brokerPort)
        }
        guard serves, process.exit == nil else { throw BenchmarkFailure("the controller does not serve:\n\(log)") }
    }

    func stop() async {
        await process?.terminate(within: .seconds(60))
        process = nil
    }

    /// Registers hosts over the API, as `virtfleet host add` does.
    func register(_ count: Int) async throws -> [Registration] {
        var registrations: [Registration] = []
        for index in 0..<count {
            registrations.append(Registration(try await client.addHost(ResourceName("host-\(index)")!)))
        }
        return registrations
    }

    private var log: String { (try? String(contentsOfFile: directory.file("log"), encoding: .utf8)) ?? "" }
}

/// A registered host and what it needs to connect.
struct Registration: Codable, Sendable {
    let host: HostID
    /// At the broker.
    let user: String
    let password: String
    let agentConfiguration: String

    /// The controller's own rights, for what stands in its place.
    init(controllersPassword: String) {
        (host, user, password, agentConfiguration) = (.random(), "controller", controllersPassword, "")
    }

    init(_ answer: HostRegistration) {
        host = answer.host.id
        user = host.description
        agentConfiguration = answer.agentConfiguration
        let line = agentConfiguration.split(separator: "\n").first { $0.hasPrefix("  password: ") } ?? ""
        password = line.dropFirst("  password: ".count).trimmingCharacters(in: CharacterSet(charactersIn: "'"))
    }
}

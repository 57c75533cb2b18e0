import FleetTestSupport
import Foundation
import Subprocess

/// The agent as it is shipped, on a libvirt of its own.
final class AgentProcess {
    private let directory: TemporaryDirectory
    private let process: ChildProcess

    /// Returns when its host is online at the controller.
    /// - Parameter parent: on the file system that its images and VMs shall lie on.
    init(
        _ registration: Registration, of controller: ControllerProcess, libvirt: PrivateLibvirt,
        below parent: String = "/tmp", _ context: BenchmarkContext
    ) async throws {
        directory = try TemporaryDirectory(below: parent)
        try
            (registration.agentConfiguration + """

                stateDirectory: \(directory.path)
                socket: \(directory.file("agent.sock"))
                libvirt: {uri: '\(libvirt.uri)', tpmStates: '\(libvirt.tpmStates)'}
                jobs: {maximumPerHour: 10000}
                log: {level: warning}
                """).write(toFile: directory.file("agent.yaml"), atomically: true, encoding: .utf8)
        chmod(directory.file("agent.yaml"), 0o600)
        let process = try ChildProcess(
            context.binaries + "/virtfleet-agent", ["--config", directory.file("agent.yaml")],
            output: .file(directory.file("log")))
        self.process = process
        let host = registration.host.description
        let isOnline = try await eventually {
            if process.exit != nil { return true }
            return try await controller.client.host(host).state == .online
        }
        guard isOnline, process.exit == nil else {
            let log = (try? String(contentsOfFile: directory.file("log"), encoding: .utf8)) ?? ""
            throw BenchmarkFailure("the agent does not come online:\n\(log)")
        }
    }

    deinit { process.signal(SIGTERM) }

    var pid: pid_t { process.pid }

    func stop() async { await process.terminate(within: .seconds(20)) }
}

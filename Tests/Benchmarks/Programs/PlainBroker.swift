import FleetTestSupport
import Subprocess

/// The controller's broker without the controller.
struct PlainBroker {
    private let process: ChildProcess

    init(_ controller: ControllerProcess) async throws {
        process = try ChildProcess("/usr/sbin/mosquitto", ["-c", controller.brokerConfiguration])
        guard try await eventually({ LoopbackPort.accepts(controller.brokerPort) }) else {
            throw BenchmarkFailure("mosquitto does not start with \(controller.brokerConfiguration)")
        }
    }

    func stop() async { await process.terminate() }
}

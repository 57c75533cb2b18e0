import Subprocess

/// mosquitto_sub with the controller's rights on the records of all hosts; it ends after so many.
struct PlainSubscriber {
    private let process: ChildProcess

    /// - Parameter command: what runs mosquitto_sub, whose command line is appended.
    init(
        _ controller: ControllerProcess, records: UInt64, _ command: [String], environment: [String: String]? = nil
    ) async throws {
        let arguments = [
            "mosquitto_sub", "-h", "127.0.0.1", "-p", "\(controller.brokerPort)", "-u", "controller", "-P",
            try controller.brokerPassword, "-q", "1", "-t", "vf/1/\(ControllerProcess.fleet)/up/+/stream",
            "-F", "%t\t%p", "-C", "\(records)",
        ]
        process = try ChildProcess(command[0], command.dropFirst() + arguments, environment: environment)
        // It has subscribed long before; had it not, events would be missing, and the measurement would fail.
        try await Task.sleep(for: .seconds(1))
    }

    var hasEnded: Bool { process.exit != nil }

    func wait() async { await process.wait() }
}

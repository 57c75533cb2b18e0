import FleetModel
import FleetTestSupport
import Foundation
import Subprocess

/// Whoever holds a broker that the controller uses as `controller` with the password `secret`.
extension MosquittoBroker {
    /// Puts something in the place of what a topic of fleet `test` keeps.
    func publish(_ payload: [UInt8], _ topic: Topic) async throws {
        let files = try TemporaryDirectory()
        try Data(payload).write(to: URL(filePath: files.file("payload")))
        _ = try await Subprocess.run(
            "mosquitto_pub", access(topic) + ["-r", "-q", "1", "-f", files.file("payload")]
        ).successful()
    }

    /// What a topic of fleet `test` keeps.
    func retained(_ topic: Topic) async throws -> [UInt8] {
        [UInt8](
            try await Subprocess.run("mosquitto_sub", access(topic) + ["-C", "1", "-W", "10", "-N"])
                .successful().standardOutput)
    }

    /// The topics that keep something.
    func retainedTopics() async throws -> Set<String> {
        let output = try await Subprocess.run(
            "mosquitto_sub", access("vf/#") + ["--retained-only", "-W", "1", "-F", "%t"])
        return Set(output.text.split(separator: "\n").map(String.init))
    }

    private func access(_ topic: Topic) -> [String] { access(topic.name(in: FleetName("test")!)) }

    private func access(_ topic: String) -> [String] {
        ["-h", "127.0.0.1", "-p", "\(port)", "-u", "controller", "-P", "secret", "-i", "observer", "-t", topic]
    }
}

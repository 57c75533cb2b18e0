import FleetModel
import FleetRuntime

/// A message to each of many hosts and an answer from each, with nothing behind it: what the bus alone needs for a rollout.
final class BareExchange: SwarmAgent {
    /// Answers with a record of its stream.
    final class Host: SwarmAgent {
        override func isTold(_ topic: String, _ payload: [UInt8]) { send(1) }
    }

    private var answers = 0

    override func isConnected() {
        swarm.isConnected()
        subscribe(to: "vf/1/\(ControllerProcess.fleet)/up/+/stream")
    }

    override func isTold(_ topic: String, _ payload: [UInt8]) { answers += 1 }

    /// It publishes no records.
    override func isPublished() {}

    /// Seconds from the first message to the last answer, run by run. Blocks.
    /// - Parameters:
    ///   - hosts: that are connected and answer.
    ///   - bytes: of each message.
    static func seconds(
        asking hosts: [Registration], as controller: Registration, bytes: Int, port: UInt16, runs: Int
    ) throws -> [Double] {
        let swarm = try AgentSwarm([], port: port)
        let exchange = try swarm.add(controller, as: BareExchange.self)
        let payload = String(repeating: "x", count: bytes)
        return try (0..<runs).map { _ in
            exchange.answers = 0
            let beginning = swarm.time.monotonic()
            for host in hosts {
                try exchange.publish(
                    Topic.jobs(host.host).name(in: ControllerProcess.fleet), payload, qos: 1, retain: true)
            }
            try swarm.loop(until: "all hosts have answered") { exchange.answers >= hosts.count }
            return (swarm.time.monotonic() - beginning).seconds
        }
    }
}

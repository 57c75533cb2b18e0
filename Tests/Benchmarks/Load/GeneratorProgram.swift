import FleetModel
import FleetRuntime
import Foundation

/// `virtfleet-bench generate FILE`: plays some hosts in one epoll loop, and says every 20 ms how they fare. A process has only so many
/// descriptors, and libmosquitto takes three for each connection.
struct GeneratorProgram {
    struct Task: Codable {
        enum Role: String, Codable {
            /// Hosts that do their part of rollouts.
            case rollout
            /// Hosts that answer every message.
            case echo
        }

        var role: Role
        var hosts: [Registration]
        var port: UInt16
    }

    /// A line of its output.
    struct Report: Codable {
        var connected = 0
        /// Of jobs, and when the last came; seconds on the monotonic clock, which all processes have in common.
        var asked = 0
        var askedAt = 0.0
        var messageBytes = 0
        /// Of jobs.
        var ended = 0
        var unconfirmed: UInt64 = 0
        /// Seconds from sending a report to its acknowledgement: those since the line before.
        var lags: [Double] = []
        var cpuSeconds = 0.0
    }

    private static let interval = Duration.milliseconds(20)

    let task: Task

    /// Until the process is ended.
    func run() throws {
        let kind = task.role == .rollout ? RolloutAgent.self : BareExchange.Host.self
        let swarm = try AgentSwarm(
            task.hosts, port: task.port, flow: task.role == .rollout ? .acknowledged : .puback, of: kind)
        let agents = swarm.agents.compactMap { $0 as? RolloutAgent }
        var nextReport = Duration.zero
        try swarm.loop(until: "the process is ended", within: .seconds(7200)) {
            let now = swarm.time.monotonic()
            for agent in agents { agent.work(at: now) }
            guard now >= nextReport else { return false }
            nextReport = now + Self.interval
            try report(swarm, agents)
            return false
        }
    }

    private func report(_ swarm: AgentSwarm, _ agents: [RolloutAgent]) throws {
        var report = Report(
            connected: swarm.connected, unconfirmed: swarm.unconfirmed, cpuSeconds: ProcessUsage.own())
        for agent in agents {
            report.asked += agent.asked
            report.askedAt = max(report.askedAt, agent.askedAt.seconds)
            report.messageBytes = max(report.messageBytes, agent.askedBytes)
            report.ended += agent.ended
            report.lags += agent.takeLags()
        }
        Terminal.line(String(decoding: try JSONEncoder().encode(report), as: UTF8.self))
    }
}

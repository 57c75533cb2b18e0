import FleetClient
import FleetModel
import FleetRuntime
import Foundation
import SQLite

/// What rollouts over the hosts of a fleet show that are online.
struct RolloutLoad {
    /// One rollout.
    struct Run {
        /// Seconds for the plan, from applying until the last host knows what it is asked, and until the last end is committed.
        var planned, asked, done: Double
        /// Seconds from sending a report to its acknowledgement, of all reports.
        var lags: [Double]
        /// Milliseconds of pages that were read meanwhile.
        var pages: [Double]
        /// CPU seconds.
        var controller, broker, generator: Double
        /// Of what a host is sent.
        var messageBytes: Int
    }

    /// One job for each host, all at once, however many fail.
    private static let intent: [String: JSONValue] = [
        "kind": .string(JobKindName.vmStart.rawValue), "waves": .array([]), "concurrency": .integer(100_000),
        "canary": .object(["count": .string("0")]), "failureThreshold": .string("100%"),
    ]

    let generators: [GeneratorProcess]
    let hosts: Int
    let controller: ControllerProcess
    private let time = SystemTimeSource()

    init(_ generators: [GeneratorProcess], hosts: Int, controller: ControllerProcess) {
        self.generators = generators
        self.hosts = hosts
        self.controller = controller
    }

    /// Returns when the controller knows of all hosts and their VMs, and a first rollout is over.
    func begin() async throws {
        try await Self.wait(for: generators, until: "online", are: hosts, of: controller)
        _ = try await run("warm-up", pages: ["hosts?limit=100"])
    }

    /// Lets the controller know of hosts that are offline from then on.
    static func visit(_ hosts: [Registration], _ controller: ControllerProcess) async throws {
        let visitors = try [GeneratorProcess].playing(.rollout, hosts, port: controller.brokerPort)
        try await wait(for: visitors, until: "online", are: hosts.count, of: controller)
        await visitors.stop()
        try await wait(for: [], until: "lost", are: hosts.count, of: controller)
    }

    private static func wait(
        for generators: [GeneratorProcess], until state: String, are count: Int, of controller: ControllerProcess
    ) async throws {
        let connection = try Connection(path: controller.database, readOnly: true)
        let query = "SELECT count(*) FROM vms JOIN hosts ON hosts.id = vms.host WHERE hosts.state = ?"
        try await generators.wait(until: "the controller knows of \(count) hosts that are \(state)") {
            _ = try generators.total(\.connected)
            return try connection.first(query, [state])?.get(0) == count
        }
    }

    /// - Parameter pages: that are read meanwhile, below `/api/v1/`.
    func run(_ text: String, pages: [String]) async throws -> Run {
        let (name, client) = (ResourceName(text)!, controller.client)
        let beginning = time.monotonic()
        let plan = try await client.planRollout(name, intent: Self.intent)
        let planned = time.monotonic()
        let before = try usage
        let (asked, ended) = (try generators.total(\.asked) + hosts, try generators.total(\.ended) + hosts)
        let reader = PageReader(socket: controller.socket, pages: pages)
        let reading = Task { try await reader.run() }
        _ = try await client.applyRollout(name, intent: Self.intent, plan: plan.plan)
        try await generators.wait(until: "all hosts have done what they were asked") {
            try generators.total(\.asked) >= asked && generators.total(\.ended) >= ended
                && generators.total(\.unconfirmed) == 0
        }
        let done = time.monotonic()
        let used = try usage
        reading.cancel()
        let askedAt = generators.map(\.report.askedAt).max() ?? 0
        let latencies = try await reading.value
        // Those that were never online would be asked beside the next ones.
        _ = try await client.ask(.abort, of: name)
        return Run(
            planned: (planned - beginning).seconds, asked: askedAt - planned.seconds, done: (done - planned).seconds,
            lags: generators.flatMap { $0.takeLags() }, pages: latencies,
            controller: used.controller - before.controller, broker: used.broker - before.broker,
            generator: used.generator - before.generator,
            messageBytes: generators.map(\.report.messageBytes).max() ?? 0)
    }

    private var usage: (controller: Double, broker: Double, generator: Double) {
        get throws {
            (
                ProcessUsage.cpuSeconds(controller.pid), ProcessUsage.cpuSeconds(try controller.brokerPID),
                try generators.total(\.cpuSeconds)
            )
        }
    }
}

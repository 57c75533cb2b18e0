import FleetRuntime
import FleetTestSupport
import Foundation

/// One rollout over a whole fleet, a fifth of it offline and one job in twenty failing: from applying it until every host that
/// is online knows what it is asked, and until the last one's end is committed. Beside it the bus alone: a message of the
/// same size to each of the same hosts, and an answer from each.
struct FleetRollout: Benchmark {
    static let name = "rollout"
    static let summary = "a rollout over 10,000 hosts, 20 % offline, 5 % failing"

    private static let pages = [
        "hosts?limit=100", "rollouts?limit=20", "rollouts/warm-up", "rollouts/warm-up/hosts?limit=100",
    ]
    private let thread = BlockingWork(name: "bare exchange")

    func run(_ context: BenchmarkContext) async throws -> [Measurement] {
        let small = try await measure(1000, context)
        let large = try await measure(10_000, context)
        func growth(_ what: String, _ figure: KeyPath<RolloutLoad.Run, Double>) -> Measurement {
            Measurement(
                "rollout, from 1,000 to 10,000 hosts: \(what)",
                zip(large.runs, small.runs).map { $0[keyPath: figure] / $1[keyPath: figure] }, unit: "×"
            ).goal("≤ 10×: linear") { $0.value <= 10 }
        }
        return small.measurements + large.measurements + [
            growth("all asked", \.asked), growth("last end", \.done), growth("CPU", \.controller),
        ]
    }

    private func measure(_ size: Int, _ context: BenchmarkContext) async throws -> Results {
        let controller = try await ControllerProcess(context)
        let hosts = try await controller.register(size)
        let online = hosts.indices.filter { $0 % 5 != 4 }.map { hosts[$0] }
        try await RolloutLoad.visit(hosts.indices.filter { $0 % 5 == 4 }.map { hosts[$0] }, controller)
        context.say("\(size) hosts are registered, \(online.count) are online")
        let generators = try [GeneratorProcess].playing(.rollout, online, port: controller.brokerPort)
        let load = RolloutLoad(generators, hosts: online.count, controller: controller)
        try await load.begin()
        var runs: [RolloutLoad.Run] = []
        for number in 1...context.runs {
            let run = try await load.run("run-\(number)", pages: Self.pages)
            let seconds = [run.planned, run.asked, run.done].map { String(format: "%.1f", $0) }
            context.say(
                "run \(number) of \(context.runs): planned in \(seconds[0]) s, asked in \(seconds[1]) s, done in \(seconds[2]) s"
            )
            runs.append(run)
        }
        let peaks = (ProcessUsage.peakMemory(controller.pid), ProcessUsage.peakMemory(try controller.brokerPID))
        await generators.stop()
        await controller.stop()
        let bare = try await bare(online, controller, bytes: runs.map(\.messageBytes).max() ?? 0, context.runs)
        return Results(size: size, runs: runs, bare: bare, controllerPeak: peaks.0, brokerPeak: peaks.1)
    }

    private func bare(
        _ hosts: [Registration], _ controller: ControllerProcess, bytes: Int, _ runs: Int
    ) async throws -> [Double] {
        let broker = try await PlainBroker(controller)
        let generators = try [GeneratorProcess].playing(.echo, hosts, port: controller.brokerPort)
        try await generators.wait(until: "all hosts are connected and have answered what the broker kept for them") {
            try generators.total(\.connected) == hosts.count && generators.total(\.unconfirmed) == 0
        }
        let (port, password) = (controller.brokerPort, try controller.brokerPassword)
        let seconds = try await thread.run {
            try BareExchange.seconds(
                asking: hosts, as: Registration(controllersPassword: password), bytes: bytes, port: port, runs: runs)
        }
        await generators.stop()
        await broker.stop()
        return seconds
    }
}

private struct Results {
    let size: Int
    let runs: [RolloutLoad.Run]
    /// Seconds.
    let bare: [Double]
    /// Bytes.
    let controllerPeak, brokerPeak: Double

    var measurements: [Measurement] {
        let name = "rollout, \(size) hosts"
        let bus = "a message and its answer, bus alone"
        return [
            Measurement("\(name), planned", runs.map(\.planned), unit: "s"),
            Measurement("\(name), applied to all asked", runs.map(\.asked), unit: "s", versus: bus, reference: bare)
                .goal("< 20 s") { $0.value < 20 },
            Measurement("\(name), applied to last end committed", runs.map(\.done), unit: "s"),
            Measurement("\(name), report to commit, p99", runs.map { $0.lags.percentile(0.99) * 1000 }, unit: "ms"),
            Measurement("\(name), lists and rollout pages, p99", runs.map { $0.pages.percentile(0.99) }, unit: "ms")
                .goal("< 100 ms") { $0.value < 100 },
            Measurement("\(name), controller, most memory", [controllerPeak / 1e6], unit: "MB")
                .goal("< 300 MB") { $0.value < 300 },
            Measurement("\(name), broker, most memory", [brokerPeak / 1e6], unit: "MB"),
            Measurement("\(name), CPU of the controller", runs.map(\.controller), unit: "s"),
            Measurement("\(name), CPU of the broker", runs.map(\.broker), unit: "s"),
            Measurement("\(name), CPU of the generator", runs.map(\.generator), unit: "s"),
        ]
    }
}

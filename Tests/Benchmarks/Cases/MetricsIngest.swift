import FleetClient
import FleetModel
import FleetRuntime
import FleetStore
import FleetTestSupport
import Foundation
import SQLite

/// A fleet's metrics on one machine: what it costs, whether it keeps up, what it takes on disk, and how fast one series
/// is read meanwhile. One run is one interval, in which every host sends one batch.
struct MetricsIngest: Benchmark {
    static let name = "metrics-ingest"
    static let summary = "1,000 hosts × 400 series every 30 s"
    private static let hosts = 1000
    private static let interval: Duration = .seconds(30)
    private static let historyTicks = 120

    private let thread = BlockingWork(name: "swarm")

    func run(_ context: BenchmarkContext) async throws -> [Measurement] {
        let controller = try await ControllerProcess(context)
        let hosts = try await controller.register(Self.hosts)
        await controller.stop()
        context.say("writing an hour of history")
        try await writeHistory(of: hosts, to: controller.metricsDatabase)
        try await controller.start()
        let measurements = try await measure(hosts, controller, context)
        await controller.stop()
        return measurements
    }

    private func writeHistory(of hosts: [Registration], to path: String) async throws {
        let store = try SQLiteSeriesStore(path: path)
        let end = Date()
        let batches = hosts.indices.map { SeriesGenerator(seed: UInt64($0)).batch(time: end) }
        for tick in 0..<Self.historyTicks {
            let time = end - Double(Self.historyTicks - tick) * Self.interval.seconds
            try await store.append(
                zip(hosts, batches).map { ReceivedMetrics(host: $0.host, receivedAt: time, batch: $1) })
        }
    }

    private func measure(
        _ hosts: [Registration], _ controller: ControllerProcess, _ context: BenchmarkContext
    ) async throws -> [Measurement] {
        let load = MetricsLoad(
            hosts: hosts, port: controller.brokerPort, database: controller.metricsDatabase,
            controller: controller.pid, broker: try controller.brokerPID, interval: Self.interval, runs: context.runs)
        let reader = SeriesReader(client: controller.client, hosts: hosts, history: Self.historyTicks)
        let reading = Task { try await reader.run() }
        let runs = try await thread.run { try load.run() }
        reading.cancel()
        // A reader that failed has no figures.
        let latencies = try await reading.value
        let queries = runs.map { run in
            latencies.filter { run.period.contains($0.begun) }.map(\.milliseconds)
        }
        let memory = ProcessUsage.memory(controller.pid)
        let bytes = runs.map(\.bytesPerSample)
        let perDay = Double(Self.hosts * SeriesGenerator.series) * 86_400 / Self.interval.seconds
        return [
            Measurement("metrics, batches stored", runs.map(\.stored), unit: "%")
                .goal("100 %") { $0.spread[0] >= 100 },
            Measurement("metrics, sent to stored, slowest of a run", runs.map(\.lag), unit: "s")
                .goal("< 30 s: keeps up") { $0.spread[1] < Self.interval.seconds },
            Measurement("metrics, CPU of the controller", runs.map(\.controller), unit: "% of core"),
            Measurement("metrics, CPU of the broker", runs.map(\.broker), unit: "% of core"),
            Measurement("metrics, CPU of the generator", runs.map(\.generator), unit: "% of core"),
            Measurement("metrics, disk", bytes, unit: "B/sample").goal("≤ 20 B") { $0.value <= 20 },
            Measurement("metrics, disk for 48 h, extrapolated", bytes.map { $0 * perDay * 2 / 1e9 }, unit: "GB"),
            Measurement("metrics, controller PSS", [memory.pss / 1e6], unit: "MB"),
            Measurement("metrics, one series' last hour, p50", queries.map { $0.percentile(0.5) }, unit: "ms"),
            Measurement("metrics, one series' last hour, p99", queries.map { $0.percentile(0.99) }, unit: "ms")
                .goal("< 50 ms") { $0.value < 50 },
        ]
    }
}

/// Asks the API for the last hour of one series of one host after the other.
private struct SeriesReader {
    let client: FleetClient
    let hosts: [Registration]
    let history: Int
    private static let pause: Duration = .milliseconds(100)

    /// Until it is cancelled.
    /// - Returns: for each query when it began, on the monotonic clock, and its milliseconds.
    func run() async throws -> [(begun: Duration, milliseconds: Double)] {
        let time = SystemTimeSource()
        var random = SeededGenerator(seed: 1)
        var latencies: [(Duration, Double)] = []
        while (try? await time.sleep(for: Self.pause)) != nil {
            let host = hosts.randomElement(using: &random)!.host.description
            let vm = SeriesGenerator.vms.randomElement(using: &random)!
            let key = SeriesGenerator.vmKeys.randomElement(using: &random)!
            let now = time.now()
            let begun = time.monotonic()
            let answer = try await client.series(of: host, key: key, vm: vm, from: now - 3600, to: now)
            latencies.append((begun, (time.monotonic() - begun).seconds * 1000))
            guard answer.samples.count > history / 2 else {
                throw BenchmarkFailure("the last hour has \(answer.samples.count) samples")
            }
        }
        return latencies
    }
}

import FleetRuntime
import FleetTestSupport
import Foundation
import HTTPClient
import Subprocess

/// Memory of an agent at work on one VM, beside the monitors that people run today: all at once, on the same libvirt,
/// read and scraped at the same interval.
struct AgentMemory: Benchmark {
    static let name = "agent-memory"
    static let summary = "memory of the agent, after 10 minutes with one VM"
    private static let sampleInterval: Duration = .seconds(5)
    private static let scrapeInterval: Duration = .seconds(30)

    func run(_ context: BenchmarkContext) async throws -> [Measurement] {
        let libvirt = try PrivateLibvirt()
        try await libvirt.start()
        let directory = try TemporaryDirectory()
        try await IdleVM(index: 0, directory: directory.path).boot(libvirt.uri)
        let controller = try await ControllerProcess(context)
        let agent = try await AgentProcess(
            try await controller.register(1)[0], of: controller, libvirt: libvirt.uri, context)
        let monitors = try await Monitors(libvirt.uri, directory)
        let ours = MemoryHistory(name: "agent", pid: agent.pid)
        var histories = [ours] + monitors.all.map { MemoryHistory(name: $0.name, pid: $0.process.pid) }

        let time = SystemTimeSource()
        let start = time.monotonic()
        var nextScrape = Duration.zero
        while time.monotonic() - start < context.memoryTime {
            if time.monotonic() - start >= nextScrape {
                try monitors.check()
                try await monitors.scrape()
                nextScrape += Self.scrapeInterval
            }
            let elapsed = time.monotonic() - start
            for index in histories.indices { try histories[index].sample(at: elapsed) }
            try await time.sleep(for: Self.sampleInterval)
        }
        await agent.stop()
        await monitors.stop()
        await controller.stop()
        await libvirt.stop()
        return report(histories.map { $0.secondHalf })
    }

    private func report(_ histories: [MemoryHistory]) -> [Measurement] {
        let agent = histories[0]
        return [
            Measurement("agent, PSS", agent.pss, unit: "MB").goal("≤ 30 MB") { $0.spread[1] <= 30 },
            Measurement("agent, private dirty", agent.privateDirty, unit: "MB").goal("≤ 14 MB") { $0.spread[1] <= 14 },
            Measurement("agent, growth of private dirty", [agent.growth(of: \.privateDirty)], unit: "MB/h")
                .goal("< 1 MB/h") { $0.value < 1 },
            Measurement("agent, growth of PSS", [agent.growth(of: \.pss)], unit: "MB/h")
                .goal("< 1 MB/h") { $0.value < 1 },
        ]
            + histories.dropFirst().flatMap { other in
                [
                    Measurement(
                        "agent, PSS, beside \(other.name)", agent.pss, unit: "MB", versus: other.name,
                        reference: other.pss),
                    Measurement(
                        "agent, private dirty, beside \(other.name)", agent.privateDirty, unit: "MB",
                        versus: other.name, reference: other.privateDirty),
                ]
            }
    }
}

/// What a process has occupied, in MB of 10⁶ bytes.
private struct MemoryHistory {
    let name: String
    let pid: pid_t
    private(set) var hours: [Double] = []
    private(set) var pss: [Double] = []
    private(set) var privateDirty: [Double] = []

    init(name: String, pid: pid_t) {
        self.name = name
        self.pid = pid
    }

    mutating func sample(at elapsed: Duration) throws {
        let memory = ProcessUsage.memory(pid)
        guard memory.pss > 0 else { throw BenchmarkFailure("the memory of \(name), process \(pid), cannot be read") }
        hours.append(elapsed.seconds / 3600)
        pss.append(memory.pss / 1e6)
        privateDirty.append(memory.privateDirty / 1e6)
    }

    /// When it has warmed up.
    var secondHalf: MemoryHistory {
        var half = self
        half.hours.removeFirst(hours.count / 2)
        half.pss.removeFirst(pss.count / 2)
        half.privateDirty.removeFirst(privateDirty.count / 2)
        return half
    }

    /// MB an hour: the slope of the line through all samples (least squares).
    func growth(of figure: KeyPath<MemoryHistory, [Double]>) -> Double {
        let values = self[keyPath: figure]
        let meanHours = hours.reduce(0, +) / Double(hours.count)
        let meanValue = values.reduce(0, +) / Double(hours.count)
        let covariance = zip(hours, values).reduce(0) { $0 + ($1.0 - meanHours) * ($1.1 - meanValue) }
        return covariance / hours.reduce(0) { $0 + ($1 - meanHours) * ($1 - meanHours) }
    }
}

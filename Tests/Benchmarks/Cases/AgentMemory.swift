import FleetRuntime
import FleetTestSupport
import Foundation

/// Memory of an agent at work on one VM, beside the monitors that people run today: all at once, on the same libvirt,
/// read and scraped at the same interval, all started anew for each run.
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
        let registration = try await controller.register(1)[0]
        var runs: [[MemoryHistory]] = []
        for run in 1...context.runs {
            let agent = try await AgentProcess(registration, of: controller, libvirt: libvirt, context)
            let monitors = try await Monitors(libvirt.uri, directory)
            let histories = try await watch(agent, monitors, for: context.memoryTime)
            await agent.stop()
            await monitors.stop()
            runs.append(histories)
            context.say("run \(run) of \(context.runs): " + histories.map(\.description).joined(separator: "; "))
        }
        await controller.stop()
        await libvirt.stop()
        return report(runs)
    }

    /// - Returns: the second half of the time, when all have warmed up; the agent's first.
    private func watch(
        _ agent: AgentProcess, _ monitors: Monitors, for duration: Duration
    ) async throws -> [MemoryHistory] {
        var histories =
            [MemoryHistory(name: "agent", pid: agent.pid)]
            + monitors.all.map { MemoryHistory(name: $0.name, pid: $0.process.pid) }
        let time = SystemTimeSource()
        let start = time.monotonic()
        var nextScrape = Duration.zero
        while time.monotonic() - start < duration {
            if time.monotonic() - start >= nextScrape {
                try monitors.check()
                try await monitors.scrape()
                nextScrape += Self.scrapeInterval
            }
            let elapsed = time.monotonic() - start
            for index in histories.indices where elapsed >= duration / 2 { try histories[index].sample(at: elapsed) }
            try await time.sleep(for: Self.sampleInterval)
        }
        return histories
    }

    /// - Parameter runs: what one run saw of the agent and of each monitor.
    private func report(_ runs: [[MemoryHistory]]) -> [Measurement] {
        let agent = runs.map { $0[0] }
        let pss = agent.map(\.pss.median)
        let privateDirty = agent.map(\.privateDirty.median)
        return [
            Measurement("agent, PSS", pss, unit: "MB").goal("≤ 30 MB") { $0.value <= 30 },
            Measurement("agent, private dirty", privateDirty, unit: "MB").goal("≤ 14 MB") { $0.value <= 14 },
            Measurement("agent, growth of private dirty", agent.map { $0.growth(of: \.privateDirty) }, unit: "MB/h")
                .goal("< 1 MB/h") { $0.value < 1 },
            Measurement("agent, growth of PSS", agent.map { $0.growth(of: \.pss) }, unit: "MB/h")
                .goal("< 1 MB/h") { $0.value < 1 },
        ]
            + runs[0].indices.dropFirst().flatMap { index in
                let other = runs.map { $0[index] }
                return [
                    Measurement(
                        "agent, PSS, beside \(other[0].name)", pss, unit: "MB", versus: other[0].name,
                        reference: other.map(\.pss.median)),
                    Measurement(
                        "agent, private dirty, beside \(other[0].name)", privateDirty, unit: "MB",
                        versus: other[0].name, reference: other.map(\.privateDirty.median)),
                ]
            }
    }
}

/// What a process has occupied, in MB of 10⁶ bytes.
private struct MemoryHistory: CustomStringConvertible {
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

    /// MB an hour: the slope of the line through all samples (least squares).
    func growth(of figure: KeyPath<MemoryHistory, [Double]>) -> Double {
        let values = self[keyPath: figure]
        let meanHours = hours.reduce(0, +) / Double(hours.count)
        let meanValue = values.reduce(0, +) / Double(hours.count)
        let covariance = zip(hours, values).reduce(0) { $0 + ($1.0 - meanHours) * ($1.1 - meanValue) }
        return covariance / hours.reduce(0) { $0 + ($1 - meanHours) * ($1 - meanHours) }
    }

    var description: String {
        String(
            format: "%@ PSS %.1f MB %+.2f MB/h, private dirty %.1f MB %+.2f MB/h", name, pss.median,
            growth(of: \.pss), privateDirty.median, growth(of: \.privateDirty))
    }
}

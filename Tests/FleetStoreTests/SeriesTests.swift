import FleetModel
import FleetStore
import FleetTestSupport
import FoundationEssentials
import SQLite
import Testing

struct SeriesTests {
    let directory: TemporaryDirectory
    let series: SQLiteSeriesStore
    let start = Date(timeIntervalSince1970: 1_790_000_000)
    let host = HostID.random()

    init() throws {
        directory = try TemporaryDirectory()
        series = try SQLiteSeriesStore(path: directory.file("metrics.db"))
    }

    private func tick(
        _ seconds: Double, _ values: [String: Double], vms: [VMID: [String: Double]] = [:], of host: HostID? = nil
    )
        -> ReceivedMetrics
    {
        ReceivedMetrics(
            host: host ?? self.host, receivedAt: start + seconds,
            batch: MetricsBatch(time: start + seconds - 1, host: values, vms: vms))
    }

    private func samples(_ key: String, vm: VMID? = nil, from: Double = 0, to: Double = 1e6) async throws -> [Double] {
        try await series.samples(host: host, vm: vm, key: key, from: start + from, to: start + to).map(\.value)
    }

    @Test func aSeriesIsReadAsItWasWritten() async throws {
        let vm = VMID.random()
        try await series.append((0..<5).map { tick(Double($0), ["a": Double($0), "b": 0.1], vms: [vm: ["a": -1.5]]) })
        #expect(try await samples("a") == [0, 1, 2, 3, 4])
        #expect(try await samples("a", from: 1, to: 3) == [1, 2])
        #expect(try await samples("a", vm: vm) == Array(repeating: -1.5, count: 5))
        #expect(try await samples("c").isEmpty)
        #expect(try await series.samples(host: .random(), vm: nil, key: "a", from: start, to: start + 9).isEmpty)
        let latest = try #require(try await series.latest(of: host))
        #expect(latest.batch == tick(4, ["a": 4, "b": 0.1], vms: [vm: ["a": -1.5]]).batch)
        #expect(latest.receivedAt == start + 4)
    }

    @Test func whatAHostDoesNotReportIsMissing() async throws {
        let vm = VMID.random()
        try await series.append([
            tick(0, ["a": 1, "b": 1], vms: [vm: ["x": 1]]), tick(1, ["a": 2, "b": 2]), tick(2, ["b": 3, "c": 3]),
            tick(3, ["a": 4]), tick(4, [:]),
        ])
        #expect(try await samples("a") == [1, 2, 4])
        #expect(try await samples("b") == [1, 2, 3])
        #expect(try await samples("c") == [3])
        #expect(try await samples("x", vm: vm) == [1])
        #expect(try await series.latest(of: host)?.batch.host == [:])
    }

    @Test func layoutsAreSharedAndReused() async throws {
        let vms = [VMID.random(), .random()]
        let hosts = [host, .random()]
        for second in 0..<20 {
            // One VM comes and goes.
            let running = second.isMultiple(of: 2) ? vms : [vms[0]]
            try await series.append(
                hosts.map { host in
                    tick(
                        Double(second), ["a": 1, "b": 2, "c": 3],
                        vms: Dictionary(uniqueKeysWithValues: running.map { ($0, ["x": 1]) }), of: host)
                })
        }
        let connection = try Connection(path: directory.file("metrics.db"), readOnly: true)
        #expect(try connection.first("SELECT count(*) FROM key_lists")?.get(0) == 2)
        #expect(try connection.first("SELECT count(*) FROM layouts")?.get(0) == 2)
        #expect(try await samples("x", vm: vms[1]).count == 10)
    }

    @Test func theLatestIsWhatCameLastWhateverTheClockSays() async throws {
        try await series.append([tick(86400, ["a": 1])])
        try await series.append([tick(0, ["a": 2])])
        #expect(try await series.latest(of: host)?.batch.host == ["a": 2])
        #expect(try await samples("a") == [2, 1])
    }

    @Test func pruningForgetsTheOldInSmallSteps() async throws {
        try await series.append((0..<1200).map { tick(Double($0), ["a": Double($0)]) })
        var steps = 1
        while try await series.prune(before: start + 1100) { steps += 1 }
        #expect(steps == 3)
        #expect(try await samples("a") == (1100..<1200).map(Double.init))
        #expect(try await !series.prune(before: start + 1100))
    }

    @Test func itGoesOnAfterAnOpening() async throws {
        try await series.append([tick(0, ["a": 1])])
        let again = try SQLiteSeriesStore(path: directory.file("metrics.db"))
        try await again.append([tick(1, ["a": 2])])
        let values = try await again.samples(host: host, vm: nil, key: "a", from: start, to: start + 9).map(\.value)
        #expect(values == [1, 2])
        try await again.remove(host: host)
        #expect(try await again.latest(of: host) == nil)
    }

    /// The size that a real fleet's hosts have: 80 series of its own, four VMs of 80.
    @Test func aSampleTakesFewBytesOnDisk() async throws {
        let keys = (0..<80).map { "virtfleet_metric_number_\($0)_bytes_total{device=\"sda\"}" }
        let vms = (0..<4).map { _ in VMID.random() }
        for second in stride(from: 0, to: 9000, by: 30) {
            let values = Dictionary(uniqueKeysWithValues: keys.map { ($0, Double(second)) })
            try await series.append([
                tick(Double(second), values, vms: Dictionary(uniqueKeysWithValues: vms.map { ($0, values) }))
            ])
        }
        #expect(try await series.sizeBytes() < 300 * 400 * 12)
    }

    @Test func aFullDiskIsSaidAndLeavesWhatWasThere() async throws {
        let disk = try SmallFileSystem(bytes: 2 << 20)
        let series = try SQLiteSeriesStore(path: disk.file("metrics.db"))
        try await series.append([tick(0, ["a": 0])])
        try disk.fill()
        var failure: StoreError?
        var second = 1.0
        while failure == nil, second < 10_000 {
            let ticks = (0..<50).map { tick(second + Double($0), ["a": 1, "k\(Int(second))": 2]) }
            do {
                try await series.append(ticks)
                second += 50
            } catch {
                failure = error
            }
        }
        guard case .storage(let cause) = failure else {
            Issue.record("expected a storage error, got \(String(describing: failure))")
            return
        }
        #expect(cause.isFull)
        try disk.drain()
        try await series.append([tick(second, ["a": 9, "k\(Int(second))": 9])])
        let values = try await series.samples(host: host, vm: nil, key: "a", from: start, to: start + 1e6)
        #expect(values.count == Int(second) + 1 && values.last?.value == 9)
    }
}

import FleetTestSupport
import Foundation

/// `make bench`: runs every benchmark, or the named ones, and reports medians and ratios.
@main
struct BenchmarkCommand {
    static let all: [any Benchmark.Type] = [
        AgentTick.self, EventIngest.self, MetricsIngest.self, JobLatency.self, Cloning.self, Snapshots.self,
        HostInspection.self, Planning.self, ImageDelivery.self, FleetRollout.self, AgentMemory.self,
    ]

    static func main() async {
        do {
            try Isolation.require()
            let arguments = CommandLine.arguments.dropFirst()
            if arguments.count == 2, arguments.first == "generate", let task = arguments.last {
                return try GeneratorProgram(
                    task: JSONDecoder().decode(
                        GeneratorProgram.Task.self, from: Data(contentsOf: URL(filePath: task)))
                ).run()
            }
            guard let binaries = ProcessInfo.processInfo.environment["VIRTFLEET_BINARIES"] else {
                throw BenchmarkFailure("VIRTFLEET_BINARIES names no directory; run `make bench`")
            }
            let known = all.map { $0.name }
            let unknown = arguments.filter { !known.contains($0) }
            guard unknown.isEmpty else {
                throw BenchmarkFailure(
                    "no benchmark \(unknown.joined(separator: ", ")); there are: "
                        + known.joined(separator: ", "))
            }
            var report = Report()
            for benchmark in all where arguments.isEmpty || arguments.contains(benchmark.name) {
                Terminal.line("\n\(benchmark.name): \(benchmark.summary)\n\(Report.header())")
                report.add(try await benchmark.init().run(BenchmarkContext(binaries: binaries)))
                try report.write(to: ".build/bench.json")
            }
            let missed = report.measurements.filter { $0.met == false }
            Terminal.line(
                "\n\(report.measurements.count) figures, \(missed.count) goals missed; written to .build/bench.json")
        } catch {
            FileHandle.standardError.write(Data("bench: \(error)\n".utf8))
            exit(1)
        }
    }
}

/// One thing that users do, measured beside its limit or a named alternative.
protocol Benchmark: Sendable {
    /// What `ONLY=` takes.
    static var name: String { get }
    static var summary: String { get }
    init()
    func run(_ context: BenchmarkContext) async throws -> [Measurement]
}

struct BenchmarkContext: Sendable {
    /// Where virtfleet, virtfleet-agent and virtfleet-controller are, built for release.
    var binaries: String
    /// Runs of each figure.
    var runs = 5
    /// How long memory is watched.
    var memoryTime: Duration = .seconds(600)

    func say(_ text: String) { Terminal.line("  \(text)") }
}

struct BenchmarkFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

struct JobLatency: Benchmark {
    static let name = "xJobLatency"
    static let summary = ""
    func run(_ context: BenchmarkContext) async throws -> [Measurement] { [] }
}

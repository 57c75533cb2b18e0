struct MetricsIngest: Benchmark {
    static let name = "xMetricsIngest"
    static let summary = ""
    func run(_ context: BenchmarkContext) async throws -> [Measurement] { [] }
}

struct EventIngest: Benchmark {
    static let name = "xEventIngest"
    static let summary = ""
    func run(_ context: BenchmarkContext) async throws -> [Measurement] { [] }
}

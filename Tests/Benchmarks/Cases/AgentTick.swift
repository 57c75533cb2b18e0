struct AgentTick: Benchmark {
    static let name = "xAgentTick"
    static let summary = ""
    func run(_ context: BenchmarkContext) async throws -> [Measurement] { [] }
}

struct AgentMemory: Benchmark {
    static let name = "xAgentMemory"
    static let summary = ""
    func run(_ context: BenchmarkContext) async throws -> [Measurement] { [] }
}

/// Lets one pass at a time, in the order of arrival.
actor Turnstile {
    private var last: Task<Void, Never>?

    /// What has begun is ended, even when the caller is cancelled meanwhile.
    func pass<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) async throws -> Result {
        let before = last
        let task = Task {
            await before?.value
            return try await body()
        }
        last = Task { _ = await task.result }
        return try await task.value
    }
}

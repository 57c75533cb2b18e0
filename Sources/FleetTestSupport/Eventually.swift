/// Asks again and again until the condition holds. For what another process does in its own time.
/// - Returns: false when it did not within the limit, which is only there to end a failing test.
public func eventually(
    within limit: Duration = .seconds(60), _ condition: () async throws -> Bool
) async throws -> Bool {
    let clock = ContinuousClock()
    let deadline = clock.now + limit
    while clock.now < deadline {
        if try await condition() { return true }
        try await clock.sleep(for: .milliseconds(20))
    }
    return false
}

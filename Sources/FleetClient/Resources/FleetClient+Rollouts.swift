import FleetModel

extension FleetClient {
    /// Newest first.
    /// - Parameter limit: how many at most; all when nil.
    public func rollouts(limit: Int? = nil) async throws(FleetClientError) -> [RolloutResource] {
        try await collect("rollouts", limit: limit)
    }

    public func rollout(_ name: ResourceName) async throws(FleetClientError) -> RolloutResource {
        try await get(Path("rollouts", name.description))
    }

    /// How far each host is.
    /// - Parameter state: only those that stand there; all when nil.
    public func hosts(
        ofRollout name: ResourceName, state: RolloutHostState? = nil
    ) async throws(FleetClientError) -> [RolloutHostResource] {
        try await collect("rollouts", name.description, "hosts", query: [("state", state?.rawValue)])
    }

    /// What an intent would do now, on which host; nothing is changed.
    public func planRollout(
        _ name: ResourceName, intent: [String: JSONValue]
    ) async throws(FleetClientError) -> RolloutPlanResource {
        try await send(.post, Path("rollouts", name.description, "plan"), RolloutApplication(intent: intent))
    }

    /// Begins what was planned.
    /// - Parameter plan: of the plan that was looked at; refused with `plan-outdated` when it would be another by now.
    public func applyRollout(
        _ name: ResourceName, intent: [String: JSONValue], plan: Digest
    ) async throws(FleetClientError) -> RolloutResource {
        try await send(.post, Path("rollouts", name.description), RolloutApplication(intent: intent, plan: plan))
    }

    /// Asks something of a rollout that needs no further words.
    public func ask(
        _ request: RolloutRequest, of name: ResourceName
    ) async throws(FleetClientError) -> RolloutResource {
        try await send(.post, Path("rollouts", name.description, request.rawValue), JSONValue?.none)
    }

    /// Lets hosts have another try.
    public func retryRollout(
        _ name: ResourceName, _ retry: RolloutRetry
    ) async throws(FleetClientError) -> RolloutResource {
        try await send(.post, Path("rollouts", name.description, RolloutRequest.retry.rawValue), retry)
    }
}

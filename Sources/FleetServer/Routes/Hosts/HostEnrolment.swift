import FleetModel

/// What a new host needs to know beside the fleet's own settings. The secrets exist here and in its `agent.yaml` only.
public struct HostSecrets: Sendable {
    public let host: HostID
    public let name: ResourceName
    /// For the message broker; the user name is the host's ID.
    public let busPassword: String
    /// For the image listener: `<host ID>.<secret>`.
    public let imageToken: String
    /// The controller's; no secret, but what the host goes by.
    public let keys: [VerifyingKey]
}

/// What the controller does around a host's registration, beyond the store.
public struct HostEnrolment: Sendable {
    /// A bus password as the broker's password file wants it.
    let hashBusPassword: @Sendable (_ password: String) async throws -> String
    /// The host's complete `agent.yaml`.
    let agentConfiguration: @Sendable (HostSecrets) -> String
    /// Makes the broker take the store's credentials; called after a host came or went.
    let credentialsChanged: @Sendable () async throws -> Void

    public init(
        hashBusPassword: @escaping @Sendable (_ password: String) async throws -> String,
        agentConfiguration: @escaping @Sendable (HostSecrets) -> String,
        credentialsChanged: @escaping @Sendable () async throws -> Void
    ) {
        self.hashBusPassword = hashBusPassword
        self.agentConfiguration = agentConfiguration
        self.credentialsChanged = credentialsChanged
    }
}

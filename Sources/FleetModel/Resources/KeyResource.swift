/// `/api/v1/keys`: one of the keys that the controller signs with.
public struct KeyResource: Codable, Equatable, Sendable {
    /// As envelopes name it.
    public var id: String
    /// For `controllerKeys` in agent.yaml.
    public var key: VerifyingKey
    /// The hosts that trust it, as far as is known.
    public var hosts: [ResourceName]
    /// The hosts that are not known to trust it.
    public var missing: [ResourceName]

    public init(id: String, key: VerifyingKey, hosts: [ResourceName], missing: [ResourceName]) {
        self.id = id
        self.key = key
        self.hosts = hosts
        self.missing = missing
    }
}

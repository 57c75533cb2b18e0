import FoundationEssentials

/// The payload of `down/<host>/desired`: what a host does by itself, with no network either, inside a signed envelope.
public struct DesiredState: SignedIntent {
    public static let payloadType = "application/vnd.virtfleet.desired.v1+json"
    public static let maximumBytes = 256 << 10
    public static let noun = "desired state"
    public static let maximumPolicies = 16

    public var fleet: FleetName
    public var host: HostID
    public var revision: UInt64
    public var issuedAt: Date
    public var expiresAt: Date
    /// The policies that make snapshots; the other kinds came later, and older agents pass over them.
    public var policies: [SnapshotPolicy]
    public var updates: [UpdatePolicy]?
    public var guestCommands: [GuestCommandPolicy]?
    public var power: [PowerPolicy]?
    /// The controller's keys that the host trusts from now on, in place of those it trusted before; nil leaves them as they are.
    public var keys: [VerifyingKey]?

    public init(
        fleet: FleetName, host: HostID, revision: UInt64, issuedAt: Date, expiresAt: Date, policies: [SnapshotPolicy],
        updates: [UpdatePolicy] = [], guestCommands: [GuestCommandPolicy] = [], power: [PowerPolicy] = [],
        keys: [VerifyingKey]? = nil
    ) {
        self.fleet = fleet
        self.host = host
        self.revision = revision
        self.issuedAt = issuedAt
        self.expiresAt = expiresAt
        self.policies = policies
        self.updates = updates.isEmpty ? nil : updates
        self.guestCommands = guestCommands.isEmpty ? nil : guestCommands
        self.power = power.isEmpty ? nil : power
        self.keys = keys
    }

    public var policySet: PolicySet {
        PolicySet(
            snapshots: policies, updates: updates ?? [], guestCommands: guestCommands ?? [], power: power ?? [])
    }

    public var flaw: EnvelopeFlaw? {
        // Whoever trusts nobody can never be told anything again.
        if keys?.isEmpty == true {
            return EnvelopeFlaw(reason: .malformed, message: "a desired state that leaves no key to be trusted")
        }
        let names = policySet.all.map(\.name)
        if names.count > Self.maximumPolicies {
            return EnvelopeFlaw(
                reason: .tooLarge, message: "\(names.count) policies; at most \(Self.maximumPolicies) are taken")
        }
        if Set(names).count != names.count {
            return EnvelopeFlaw(reason: .malformed, message: "a desired state that names a policy twice")
        }
        return nil
    }
}

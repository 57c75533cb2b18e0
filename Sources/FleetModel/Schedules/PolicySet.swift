/// What a host does by itself, by kinds of policies.
public struct PolicySet: Codable, Equatable, Sendable {
    public var snapshots: [SnapshotPolicy]
    public var updates: [UpdatePolicy]
    public var guestCommands: [GuestCommandPolicy]
    public var power: [PowerPolicy]

    public init(
        snapshots: [SnapshotPolicy] = [], updates: [UpdatePolicy] = [], guestCommands: [GuestCommandPolicy] = [],
        power: [PowerPolicy] = []
    ) {
        self.snapshots = snapshots
        self.updates = updates
        self.guestCommands = guestCommands
        self.power = power
    }

    /// Those that are carried out at given times.
    public var timed: [any TimedPolicy] { snapshots + updates + guestCommands }
    public var all: [any LocalPolicy] { timed + power }
}

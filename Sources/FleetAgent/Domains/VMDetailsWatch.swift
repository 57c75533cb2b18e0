import FleetModel
import FleetRuntime
import Hypervisor
import Provisioning

/// What is known of a VM that virtfleet made, beside what the hypervisor says.
public struct VMDetails: Equatable, Sendable {
    var snapshots: SnapshotCatalogue.Snapshots?
    var drift: [SettingDifference]?
    var guestCommands: [GuestCommand]?
    var override: ProfileOverride?

    public init(
        snapshots: SnapshotCatalogue.Snapshots? = nil, drift: [SettingDifference]? = nil,
        guestCommands: [GuestCommand]? = nil, override: ProfileOverride? = nil
    ) {
        self.snapshots = snapshots
        self.drift = drift
        self.guestCommands = guestCommands
        self.override = override
    }
}

/// Where the session learns the VMs' details.
public struct VMDetailsWatch: Sendable {
    /// VMs that a job has changed; one that finds no room is looked at with all others later.
    public let changed = Mailbox<VMID>(capacity: 256)
    let read: @Sendable (Domain) async throws -> VMDetails

    public init(read: @escaping @Sendable (Domain) async throws -> VMDetails = { _ in VMDetails() }) {
        self.read = read
    }
}

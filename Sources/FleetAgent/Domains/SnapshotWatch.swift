import FleetModel
import FleetRuntime
import Hypervisor
import Provisioning

/// Where the session learns of the VMs' snapshots.
public struct SnapshotWatch: Sendable {
    /// VMs whose snapshots a job has changed; one that finds no room is looked at with all others later.
    public let changed = Mailbox<VMID>(capacity: 256)
    let read: @Sendable (Domain) async throws -> SnapshotCatalogue.Snapshots?

    /// - Parameter read: nil for a VM that can have none.
    public init(read: @escaping @Sendable (Domain) async throws -> SnapshotCatalogue.Snapshots? = { _ in nil }) {
        self.read = read
    }
}

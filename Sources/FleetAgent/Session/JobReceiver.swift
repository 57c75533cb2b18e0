import FleetModel
import FleetRuntime
import Provisioning

/// What takes the job sets that arrive for this host.
public protocol JobReceiver: Sendable {
    /// Takes one signed envelope, as it travels on `down/<host>/jobs`; refuses and reports what it does not believe.
    /// - Parameter retained: the broker had kept it.
    func receive(envelope: [UInt8], retained: Bool) async
    /// The revision of the newest set that was taken, all that was to say of the jobs before it being in the record; 0 before the
    /// first.
    var recordedRevision: UInt64 { get async }
    /// Rings when that has grown.
    var recorded: Mailbox<Void> { get }
    /// Whether nothing tells this host the time: a newly signed job set would.
    var wantsTime: Bool { get async }
    /// Takes one signed envelope, as it travels on `down/<host>/desired`; likewise.
    func receive(desired envelope: [UInt8]) async
    /// The revision of the newest desired state that was taken; 0 before the first.
    var desiredRevision: UInt64 { get async }
    /// The controller's keys that the host trusts.
    var keys: [VerifyingKey] { get async }
    /// Takes note that a VM has stopped, whoever stopped it: what it had is free for others.
    func vmStopped(_ vm: VMID) async
    /// From now on no job starts; what is at work stays at work.
    /// - Returns: the VMs that jobs are working on.
    func hold() async -> Set<VMID>
    /// Jobs start again.
    func release() async
    /// What takes the place of what profiles say of the host's sleep.
    var powerPolicies: [PowerPolicy] { get async }
    /// Rings when they are others than before, and at first when there are any.
    var powerChanges: Mailbox<Void> { get }
    /// Rings when VMs may have other cores than before.
    var moves: Mailbox<Void> { get }
}

extension JobRunner: JobReceiver {}

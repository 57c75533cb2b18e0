import FoundationEssentials

/// What a host does by itself with some of its VMs.
public protocol LocalPolicy: Codable, Equatable, Sendable {
    /// Of all policies of a host another one, whatever their kinds.
    var name: ResourceName { get }
    /// The names of profiles; VMs cloned by others are left alone. All VMs that virtfleet made when nil.
    var profiles: [ResourceName]? { get }
    /// The names of VMs; others are left alone.
    var vms: [String]? { get }

    /// Whether it still wants a job that the host has asked itself for in its name.
    func asks(for job: Job) -> Bool
}

extension LocalPolicy {
    /// Whether it is about a VM.
    public func concerns(vm: String, profile: String) -> Bool {
        (profiles?.contains { $0.description == profile } ?? true) && (vms?.contains(vm) ?? true)
    }
}

extension Sequence where Element: LocalPolicy {
    /// The one that counts where only one can: the first by name.
    public func first(concerning vm: String, profile: String) -> Element? {
        filter { $0.concerns(vm: vm, profile: profile) }.min { $0.name.description < $1.name.description }
    }
}

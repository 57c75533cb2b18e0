import FleetModel
import Hypervisor

extension [PowerPolicy] {
    /// What becomes of a VM when its host sleeps or shuts down: what a policy says, else what its definition has from its profile.
    public func power(of domain: Domain) -> HostPowerPolicy {
        guard let origin = domain.origin else { return domain.power }
        return first(concerning: domain.name, profile: origin.profile)?.power ?? domain.power
    }
}

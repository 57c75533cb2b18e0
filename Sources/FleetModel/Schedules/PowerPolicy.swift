/// What becomes of VMs when their host sleeps or shuts down, in place of what their profiles say.
public struct PowerPolicy: LocalPolicy {
    public var name: ResourceName
    public var profiles: [ResourceName]?
    public var vms: [String]?
    public var power: HostPowerPolicy

    public init(
        name: ResourceName, profiles: [ResourceName]? = nil, vms: [String]? = nil, power: HostPowerPolicy
    ) {
        self.name = name
        self.profiles = profiles
        self.vms = vms
        self.power = power
    }

    public func asks(for job: Job) -> Bool { false }
}

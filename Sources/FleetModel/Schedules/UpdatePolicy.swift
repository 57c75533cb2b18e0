import FoundationEssentials

/// A version of a template that a host gives to its VMs at given times, by `vm.update`.
public struct UpdatePolicy: TimedPolicy {
    public var name: ResourceName
    public var profiles: [ResourceName]?
    public var vms: [String]?
    public var times: [Date]
    public var graceSeconds: Int
    public var requirements: [String]?
    public var image: ImageReference
    /// Start the VM afterwards; else it is left off.
    public var start: Bool
    /// How long the guest may take to shut down.
    public var shutdownTimeoutSeconds: Int
    /// How long the guest agent may take to answer until the old system comes back; not waited for when absent.
    public var guestAgentTimeoutSeconds: Int?

    public init(
        name: ResourceName, profiles: [ResourceName]? = nil, vms: [String]? = nil, times: [Date], graceSeconds: Int,
        requirements: [String]? = nil, image: ImageReference, start: Bool = true, shutdownTimeoutSeconds: Int = 120,
        guestAgentTimeoutSeconds: Int? = nil
    ) {
        self.name = name
        self.profiles = profiles
        self.vms = vms
        self.times = times
        self.graceSeconds = graceSeconds
        self.requirements = requirements
        self.image = image
        self.start = start
        self.shutdownTimeoutSeconds = shutdownTimeoutSeconds
        self.guestAgentTimeoutSeconds = guestAgentTimeoutSeconds
    }

    public func asks(for job: Job) -> Bool {
        guard job.kind == JobKindName.vmUpdate.rawValue,
            let arguments = try? FleetJSON.decode(UpdateArguments.self, from: job.arguments)
        else { return false }
        return arguments.image.digest == image.digest && job.requirements == requirements ?? [] && has(job.windows)
    }
}

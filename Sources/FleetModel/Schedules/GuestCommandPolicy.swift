import FoundationEssentials

/// A command that a host runs in its guests at given times, by `guest.exec`.
public struct GuestCommandPolicy: TimedPolicy {
    public var name: ResourceName
    public var profiles: [ResourceName]?
    public var vms: [String]?
    public var times: [Date]
    public var graceSeconds: Int
    public var requirements: [String]?
    /// One of those that the VM's own profile names; VMs without it are left alone.
    public var command: ResourceName

    public init(
        name: ResourceName, profiles: [ResourceName]? = nil, vms: [String]? = nil, times: [Date], graceSeconds: Int,
        requirements: [String]? = nil, command: ResourceName
    ) {
        self.name = name
        self.profiles = profiles
        self.vms = vms
        self.times = times
        self.graceSeconds = graceSeconds
        self.requirements = requirements
        self.command = command
    }

    public func asks(for job: Job) -> Bool {
        guard job.kind == JobKindName.guestExec.rawValue,
            let arguments = try? FleetJSON.decode(ExecArguments.self, from: job.arguments)
        else { return false }
        return arguments.command == command
    }
}

import FleetModel
import Hypervisor

extension Domain {
    /// Virtfleet made it and may place it. A copy, made with other tools, carries our metadata under another identity.
    public var isOurs: Bool { demand != nil && origin.map { CloneIdentity(job: $0.job).vm } == id }

    /// What it asks for, if that is for us to give.
    var ownDemand: VMDemand? { isOurs ? demand : nil }

    /// The agent starts it with its host, and libvirt does not: what its devices are called may have changed since it last ran.
    public var isStartedByAgent: Bool { startsWithHost && ownDemand?.asksForDevices == true }

    /// As it runs; nil when it does not, or its definition cannot be read.
    public var runningDemand: VMDemand? {
        guard let placement, state.isActive else { return nil }
        var demand =
            ownDemand
            ?? VMDemand(
                id: id, name: name, vcpus: vcpus,
                memory: MemoryDemand(minimumBytes: placement.memory.bytes, maximumBytes: placement.memory.bytes))
        demand.running = placement
        return demand
    }
}

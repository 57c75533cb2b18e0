import FleetModel
import HostInspection

/// Who the agent is and how often it looks.
public struct AgentSettings: Sendable {
    public var fleet: FleetName
    public var host: HostID
    public var agentVersion: String
    /// The kernel's /proc/sys/kernel/random/boot_id.
    public var bootID: String
    public var root: HostRoot
    public var imagesDirectory: String
    /// What VMs of this host may be made from: readiness says of each whether it fits.
    public var profiles: [ProfileNeeds] = []
    /// Where domains and host are remembered across restarts of the agent.
    public var stateDirectory: String
    public var metricsInterval: Duration
    /// Between two inspections of the host.
    public var inspectionInterval = Duration.seconds(3600)
    /// Between two looks into the guests through their agents.
    public var guestInterval = Duration.seconds(300)
    public var clockInterval = Duration.seconds(10)

    public init(
        fleet: FleetName, host: HostID, agentVersion: String, bootID: String, root: HostRoot = HostRoot(),
        imagesDirectory: String, stateDirectory: String, metricsInterval: Duration = .seconds(30)
    ) {
        self.fleet = fleet
        self.host = host
        self.agentVersion = agentVersion
        self.bootID = bootID
        self.root = root
        self.imagesDirectory = imagesDirectory
        self.stateDirectory = stateDirectory
        self.metricsInterval = metricsInterval
    }
}

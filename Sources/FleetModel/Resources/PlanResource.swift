import FoundationEssentials

/// Whether a host can run one more VM of a profile, beside those that run.
public struct HostFit: Codable, Equatable, Sendable {
    public enum Answer: String, Codable, Sendable, CaseIterable {
        case fits
        /// When the VMs of `stops` do not run.
        case fitsAfterStops = "fits-after-stops"
        case doesNotFit = "does-not-fit"
        /// What the host has told is not enough to say it.
        case unknown
    }

    public var answer: Answer
    /// The names of the VMs that have to stop, so that it fits.
    public var stops: [String]
    /// Why it does not fit now; where stopping VMs does not help, why not even without them.
    public var obstacles: [PlacementObstacle]
    /// The first step towards running it; absent when it fits, or nothing helps.
    public var nearestFix: String?
    /// When it fits, with `graphics: auto`: why it would get no better ones, the best first.
    public var passedOver: [PlacementObstacle]

    public init(
        answer: Answer, stops: [String] = [], obstacles: [PlacementObstacle] = [], nearestFix: String? = nil,
        passedOver: [PlacementObstacle] = []
    ) {
        self.answer = answer
        self.stops = stops
        self.obstacles = obstacles
        self.nearestFix = nearestFix
        self.passedOver = passedOver
    }

    /// An older controller does not tell what was passed over.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            answer: try values.decode(Answer.self, forKey: .answer),
            stops: try values.decode([String].self, forKey: .stops),
            obstacles: try values.decode([PlacementObstacle].self, forKey: .obstacles),
            nearestFix: try values.decodeIfPresent(String.self, forKey: .nearestFix),
            passedOver: try values.decodeIfPresent([PlacementObstacle].self, forKey: .passedOver) ?? [])
    }
}

/// The answer to `GET /api/v1/hosts/{host}/plan`.
public struct HostPlanResource: Codable, Equatable, Sendable {
    public var host: HostID
    public var hostName: ResourceName
    public var hostState: HostResource.State
    /// When the controller last heard of the host; its own clock.
    public var lastSeenAt: Date?
    public var plan: PlacementPlan
    /// The place in the plan that the profile's VM has; absent when none was asked about.
    public var vm: VMID?
    /// Of the profile's VM.
    public var fit: HostFit?

    public init(_ host: HostResource, plan: PlacementPlan, vm: VMID? = nil, fit: HostFit? = nil) {
        self.host = host.id
        hostName = host.name
        hostState = host.state
        lastSeenAt = host.lastSeenAt
        self.plan = plan
        self.vm = vm
        self.fit = fit
    }
}

/// `/api/v1/profiles/{profile}/fit`: one host.
public struct ProfileFitResource: Codable, Equatable, Sendable {
    public var host: HostID
    public var hostName: ResourceName
    public var hostState: HostResource.State
    /// When the controller last heard of the host; its own clock.
    public var lastSeenAt: Date?
    public var fit: HostFit

    public init(_ host: HostResource, fit: HostFit) {
        self.host = host.id
        hostName = host.name
        hostState = host.state
        lastSeenAt = host.lastSeenAt
        self.fit = fit
    }
}

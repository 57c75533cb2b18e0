import FoundationEssentials

/// `up/<host>/presence`, retained; also the will. Shape: docs/bus.md.
public struct Presence: Codable, Equatable, Sendable {
    public enum State: String, Codable, CaseIterable, Sendable {
        case online, sleeping, offline, lost
    }

    public var state: State
    public var session: SessionID
    public var agentVersion: String
    /// The kernel's /proc/sys/kernel/random/boot_id.
    public var bootID: String
    public var time: Date
    /// What the controller has confirmed, as far as the agent knows.
    public var acked: StreamPosition?
    /// The newest revision of the job set that the agent has taken.
    public var jobsRevision: UInt64
    public var desiredRevision: UInt64
    /// The digest of every inventory part that the agent publishes.
    public var inventory: [InventoryPart: Digest]
    /// The VMs of the host; absent until its hypervisor has been seen for the first time.
    public var vms: [VMID]?
    /// The newest record in the agent's spool: a controller that has committed it has all there was to say.
    /// Absent when the spool has never held one.
    public var recorded: RecordPosition?
    /// Nothing tells the host the time; it has to be told by a job set that is signed now.
    public var wantsTime: Bool?
    /// The controller's keys that the agent trusts; absent from agents that know none but those of their agent.yaml.
    public var keys: [VerifyingKey]?

    public init(
        state: State, session: SessionID, agentVersion: String, bootID: String, time: Date,
        acked: StreamPosition? = nil,
        jobsRevision: UInt64 = 0, desiredRevision: UInt64 = 0, inventory: [InventoryPart: Digest] = [:],
        vms: [VMID]? = nil, recorded: RecordPosition? = nil, wantsTime: Bool? = nil, keys: [VerifyingKey]? = nil
    ) {
        self.state = state
        self.session = session
        self.agentVersion = agentVersion
        self.bootID = bootID
        self.time = time
        self.acked = acked
        self.jobsRevision = jobsRevision
        self.desiredRevision = desiredRevision
        self.inventory = inventory
        self.vms = vms
        self.recorded = recorded
        self.wantsTime = wantsTime
        self.keys = keys
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        state = try values.decode(State.self, forKey: .state)
        session = try values.decode(SessionID.self, forKey: .session)
        agentVersion = try values.decode(String.self, forKey: .agentVersion)
        bootID = try values.decode(String.self, forKey: .bootID)
        time = try values.decode(Date.self, forKey: .time)
        acked = try values.decodeIfPresent(StreamPosition.self, forKey: .acked)
        jobsRevision = try values.decode(UInt64.self, forKey: .jobsRevision)
        desiredRevision = try values.decode(UInt64.self, forKey: .desiredRevision)
        // A part that only a newer agent knows is passed over, so that old and new understand each other.
        let digests = try values.decode([String: Digest].self, forKey: .inventory)
        inventory = Dictionary(
            uniqueKeysWithValues: digests.compactMap { name, digest in
                InventoryPart(rawValue: name).map { ($0, digest) }
            })
        vms = try values.decodeIfPresent([VMID].self, forKey: .vms)
        recorded = try values.decodeIfPresent(RecordPosition.self, forKey: .recorded)
        wantsTime = try values.decodeIfPresent(Bool.self, forKey: .wantsTime)
        keys = try values.decodeIfPresent([VerifyingKey].self, forKey: .keys)
    }
}

/// `all/controller`, retained; also the controller's will.
public struct ControllerPresence: Codable, Equatable, Sendable {
    public enum State: String, Codable, Sendable { case online, offline, lost }
    public var state: State
    public var session: SessionID
    public var version: String
    public var time: Date

    public init(state: State, session: SessionID, version: String, time: Date) {
        self.state = state
        self.session = session
        self.version = version
        self.time = time
    }
}

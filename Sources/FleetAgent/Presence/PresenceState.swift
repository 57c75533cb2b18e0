import FleetModel
import FoundationEssentials

/// What the agent says of itself on `up/<host>/presence`, and what it concludes from what others say there.
struct PresenceState: Equatable {
    /// How far the agent is, as the controller needs it to heal what differs.
    struct Facts: Equatable {
        var acked: StreamPosition?
        var recorded: RecordPosition?
        var jobsRevision: UInt64 = 0
        var desiredRevision: UInt64 = 0
        /// Only of parts that the broker has taken: whoever reads the presence has been sent them.
        var inventory: [InventoryPart: Digest] = [:]
        var vms: Set<VMID>?
        var wantsTime = false
        var keys: [VerifyingKey]?
    }

    enum Observation: Equatable {
        case nothing
        /// What the broker keeps is no longer ours, though nobody else is there: the will of an earlier session.
        case overwritten
        /// Somebody else is online with this host's identity.
        case twin(SessionID)
    }

    /// Positions alone are no news: they ride along with other changes, or go by themselves this often.
    static let positionInterval = Duration.seconds(60)
    /// Other changes are gathered this long.
    static let refreshInterval = Duration.seconds(1)

    private let agentVersion: String
    private let bootID: String
    private let startedAt: Date
    private(set) var facts = Facts()
    private(set) var session: SessionID
    private var ownSessions: Set<SessionID> = []
    private var published: (facts: Facts, at: Duration)?

    init(agentVersion: String, bootID: String, session: SessionID, startedAt: Date) {
        self.agentVersion = agentVersion
        self.bootID = bootID
        self.startedAt = startedAt
        self.session = session
        ownSessions = [session]
    }

    static func == (left: PresenceState, right: PresenceState) -> Bool {
        left.facts == right.facts && left.session == right.session && left.published?.facts == right.published?.facts
    }

    /// A connection attempt begins; its birth and its will carry the new session.
    mutating func begin(_ session: SessionID) {
        self.session = session
        ownSessions.insert(session)
        published = nil
    }

    mutating func update(_ change: (inout Facts) -> Void) { change(&facts) }

    /// The message on the bus is no longer what was published.
    mutating func invalidate() { published = nil }

    mutating func markPublished(_ facts: Facts, at uptime: Duration) { published = (facts, uptime) }

    /// How long until the presence should be published: zero for at once, nil while there is nothing to say.
    func due(at uptime: Duration) -> Duration? {
        guard let published else { return .zero }
        guard facts != published.facts else { return nil }
        var withoutPositions = facts
        withoutPositions.acked = published.facts.acked
        withoutPositions.recorded = published.facts.recorded
        let interval = withoutPositions == published.facts ? Self.positionInterval : Self.refreshInterval
        return max(.zero, published.at + interval - uptime)
    }

    func message(_ state: Presence.State, at time: Date) -> Presence {
        Presence(
            state: state, session: session, agentVersion: agentVersion, bootID: bootID, time: time, acked: facts.acked,
            jobsRevision: facts.jobsRevision, desiredRevision: facts.desiredRevision, inventory: facts.inventory,
            vms: facts.vms?.sorted(),
            recorded: facts.recorded, wantsTime: facts.wantsTime ? true : nil, keys: facts.keys)
    }

    /// - Parameter retained: kept from before this connection's birth, not said now.
    func observe(_ presence: Presence, retained: Bool) -> Observation {
        if retained || presence.session == session { return .nothing }
        // A will, or a farewell, is the voice of a connection that is gone.
        // So is what was said before this agent started: the broker kept it for the life before, which was killed.
        let isLive = (presence.state == .online || presence.state == .sleeping) && presence.time >= startedAt
        return isLive && !ownSessions.contains(presence.session) ? .twin(presence.session) : .overwritten
    }
}

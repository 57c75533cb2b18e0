/// Every topic of the bus: `vf/1/<fleet>/up/<host>/...`, `.../down/<host>/...`, `.../all/...`.
/// The direction stands before the host so that each access rule is one line.
public enum Topic: Hashable, Sendable {
    case presence(HostID)
    case inventory(HostID, InventoryPart)
    case vm(HostID, VMID)
    case metrics(HostID)
    case progress(HostID)
    case stream(HostID)
    case reply(HostID)
    case ack(HostID)
    case jobs(HostID)
    case desired(HostID)
    case request(HostID)
    case controller

    /// The level above all topics of this version of the protocol.
    public static let root = "vf/1"

    public func name(in fleet: FleetName) -> String {
        "\(Self.root)/\(fleet)/\(path)"
    }

    private var path: String {
        switch self {
        case .presence(let host): "up/\(host)/presence"
        case .inventory(let host, let part): "up/\(host)/inventory/\(part.rawValue)"
        case .vm(let host, let vm): "up/\(host)/vm/\(vm)"
        case .metrics(let host): "up/\(host)/metrics"
        case .progress(let host): "up/\(host)/progress"
        case .stream(let host): "up/\(host)/stream"
        case .reply(let host): "up/\(host)/reply"
        case .ack(let host): "down/\(host)/ack"
        case .jobs(let host): "down/\(host)/jobs"
        case .desired(let host): "down/\(host)/desired"
        case .request(let host): "down/\(host)/request"
        case .controller: "all/controller"
        }
    }

    /// - Returns: nil for a name outside the fleet or of no known shape.
    public init?(_ name: String, in fleet: FleetName) {
        let prefix = "\(Self.root)/\(fleet)/"
        guard name.hasPrefix(prefix) else { return nil }
        let levels = name.dropFirst(prefix.count).split(separator: "/", omittingEmptySubsequences: false).map(
            String.init)
        if levels == ["all", "controller"] {
            self = .controller
            return
        }
        guard levels.count >= 3, let host = HostID(levels[1]), host.description == levels[1] else { return nil }
        switch (levels[0], levels[2], levels.count) {
        case ("up", "presence", 3): self = .presence(host)
        case ("up", "metrics", 3): self = .metrics(host)
        case ("up", "progress", 3): self = .progress(host)
        case ("up", "stream", 3): self = .stream(host)
        case ("up", "reply", 3): self = .reply(host)
        case ("down", "ack", 3): self = .ack(host)
        case ("down", "jobs", 3): self = .jobs(host)
        case ("down", "desired", 3): self = .desired(host)
        case ("down", "request", 3): self = .request(host)
        case ("up", "inventory", 4):
            guard let part = InventoryPart(rawValue: levels[3]) else { return nil }
            self = .inventory(host, part)
        case ("up", "vm", 4):
            guard let vm = VMID(levels[3]), vm.description == levels[3] else { return nil }
            self = .vm(host, vm)
        default: return nil
        }
    }

    public var host: HostID? {
        switch self {
        case .presence(let host), .inventory(let host, _), .vm(let host, _), .metrics(let host), .progress(let host),
            .stream(let host), .reply(let host), .ack(let host), .jobs(let host), .desired(let host),
            .request(let host):
            host
        case .controller: nil
        }
    }

    /// Everything that hosts publish.
    public static func everythingUp(in fleet: FleetName) -> String { "\(root)/\(fleet)/up/#" }
    /// Everything that hosts publish retained, as filters that do not overlap, presence first: a controller can ask for
    /// one after the other.
    public static func retainedUp(in fleet: FleetName) -> [String] {
        (["presence", "vm/+"] + InventoryPart.allCases.map { "inventory/\($0.rawValue)" }).map {
            "\(root)/\(fleet)/up/+/\($0)"
        }
    }
    /// Everything that hosts publish and brokers do not keep, as filters that do not overlap.
    public static func liveUp(in fleet: FleetName) -> [String] {
        ["stream", "metrics", "progress", "reply"].map { "\(root)/\(fleet)/up/+/\($0)" }
    }
    /// What one host subscribes to.
    public static func everythingDown(to host: HostID, in fleet: FleetName) -> String {
        "\(root)/\(fleet)/down/\(host)/#"
    }
    public static func everythingForAll(in fleet: FleetName) -> String { "\(root)/\(fleet)/all/#" }
}

/// What a host must meet for a job to start there, beside its windows.
public enum JobRequirement: TextIdentifier {
    /// The machine is on mains power, or has no battery.
    case power
    /// No guest has anything to do.
    case idle
    /// The connection to the network is not metered. The job's image is not fetched over one that is, either.
    case network
    /// No program asks that the person at the machine be left alone.
    case user
    /// So many MiB are free where VMs are.
    case disk(mebibytes: UInt64)

    public static let expectation = "power, idle, network, user or disk=MEBIBYTES"
    private static let diskPrefix = "disk="

    public init?(_ text: String) {
        switch text {
        case "power": self = .power
        case "idle": self = .idle
        case "network": self = .network
        case "user": self = .user
        default:
            guard text.hasPrefix(Self.diskPrefix), let count = UInt64(text.dropFirst(Self.diskPrefix.count)),
                (1...1 << 30).contains(count), text == "\(Self.diskPrefix)\(count)"
            else { return nil }
            self = .disk(mebibytes: count)
        }
    }

    public var description: String {
        switch self {
        case .power: "power"
        case .idle: "idle"
        case .network: "network"
        case .user: "user"
        case .disk(let mebibytes): "\(Self.diskPrefix)\(mebibytes)"
        }
    }

    /// The reason of a job that waits for it.
    public var reason: String {
        if case .disk = self { return "disk" }
        return description
    }
}

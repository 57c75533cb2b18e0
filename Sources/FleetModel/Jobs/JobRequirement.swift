/// What a host must meet for a job to start there, beside its windows.
public enum JobRequirement: TextIdentifier {
    /// The machine is on mains power, or has no battery.
    case power
    /// No guest has anything to do.
    case idle
    /// So many MiB are free where VMs are.
    case disk(mebibytes: UInt64)

    public static let expectation = "power, idle or disk=MEBIBYTES"
    private static let diskPrefix = "disk="

    public init?(_ text: String) {
        switch text {
        case "power": self = .power
        case "idle": self = .idle
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
        case .disk(let mebibytes): "\(Self.diskPrefix)\(mebibytes)"
        }
    }

    /// The reason of a job that waits for it.
    public var reason: String {
        if case .disk = self { return "disk" }
        return description
    }
}

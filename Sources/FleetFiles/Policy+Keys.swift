import Configuration
import FleetModel

/// Some keys mean something for some actions alone.
extension Policy {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case action, labels, profiles, vms
        case recurrence, start, timeZone, grace, requirements
        case notice, deferrals
        case keep, minimumFreeMiB, memory
        case template, version, forceAfter, startVM, shutdownTimeoutSeconds, guestAgentTimeoutSeconds
        case command
        case onHostSleep, onHostShutdown

        var actions: [Action] {
            switch self {
            case .action, .labels, .profiles, .vms: Action.allCases
            case .recurrence, .start, .timeZone, .grace, .requirements: [.snapshot, .update, .guest]
            case .notice, .deferrals: [.update, .guest]
            case .keep, .minimumFreeMiB, .memory: [.snapshot]
            case .template, .version, .forceAfter, .startVM, .shutdownTimeoutSeconds, .guestAgentTimeoutSeconds:
                [.update]
            case .command: [.guest]
            case .onHostSleep, .onHostShutdown: [.power]
            }
        }
    }

    /// Without the keys of other actions, which nobody may give.
    public func document() throws -> [String: JSONValue] {
        try FleetJSON.decode([String: JSONValue].self, from: FleetJSON.encode(self)).filter { key, _ in
            CodingKeys(rawValue: key)?.actions.contains(action) == true
        }
    }

    func checkKeys(_ check: SectionCheck) {
        for key in CodingKeys.allCases where !key.actions.contains(action) && check.isGiven(key.rawValue) {
            let actions = key.actions.map(\.rawValue).joined(separator: " or ")
            check.problem(key.rawValue, "is a key of action: \(actions), not of \(action.rawValue)")
        }
    }
}

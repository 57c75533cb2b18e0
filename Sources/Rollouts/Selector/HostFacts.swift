import FleetModel
import FoundationEssentials

/// What can be asked of a host: what the controller knows of it, its inventory and its VMs, as one document.
public struct HostFacts: Sendable {
    /// What a selection may begin with; docs/rollouts.md says what each is.
    static let members =
        ["name", "id", "state", "labels", "agentVersion", "unseen", "vms"] + InventoryPart.allCases.map(\.rawValue)

    private let document: [String: JSONValue]

    /// - Parameters:
    ///   - host: with the inventory, as far as it is asked for.
    ///   - vms: likewise.
    public init(_ host: HostResource, vms: [VMDocument], now: Date) {
        var document: [String: JSONValue] = [
            "name": .string(host.name.description), "id": .string(host.id.description),
            "state": .string(host.state.rawValue), "labels": .object(host.labels.mapValues { .string($0) }),
            "vms": .array(vms.map(Self.facts)),
        ]
        if let version = host.agentVersion { document["agentVersion"] = .string(version) }
        if let seen = host.lastSeenAt { document["unseen"] = .number(max(0, now.timeIntervalSince(seen))) }
        for (part, inventory) in host.inventory ?? [:] { document[part.rawValue] = inventory }
        self.document = document
    }

    private static func facts(of vm: VMDocument) -> JSONValue {
        var facts: [String: JSONValue] = [
            "name": .string(vm.name), "state": .string(vm.state.rawValue),
            "memoryBytes": .integer(Int64(clamping: vm.memoryBytes)), "vcpus": .integer(Int64(vm.vcpus)),
        ]
        if let origin = vm.origin {
            facts["profile"] = .string(origin.profile)
            facts["template"] = .string(origin.template.description)
            facts["profileVersion"] = origin.profileVersion.map { .integer(Int64($0)) }
        }
        return .object(facts)
    }

    /// Every value at the path; of a list each item counts. A label's name may have dots itself.
    func values(at path: [String]) -> [JSONValue] {
        let path = path[0] == "labels" ? ["labels", path.dropFirst().joined(separator: ".")] : path
        return path.reduce([.object(document)]) { values, member in
            values.flatMap { value in value[member].map(Self.items) ?? [] }
        }
    }

    private static func items(_ value: JSONValue) -> [JSONValue] {
        if case .array(let items) = value { items.flatMap(Self.items) } else { [value] }
    }
}

import CommandLineKit
import FleetFiles
import FleetModel
import FleetRuntime

/// A policy with what it does next, and what it has done.
struct PolicySchedule: Encodable {
    struct VM: Encodable {
        var name: String
        var hostName: ResourceName
        /// How many snapshots of the policy stay.
        var kept: Int
        /// Those that it gives up when it looks next.
        var givenUp: [ResourceName]
    }

    private static let keys = [("RECURRENCE", "recurrence"), ("START", "start"), ("ZONE", "timeZone")]

    var policy: DocumentResource
    var hosts: [PolicyHostResource]
    /// Those that have snapshots of the policy.
    var vms: [VM]

    static let policies = Presentation<DocumentResource>(
        columns: columns(of: \.self),
        emptyHint: "no policies; 'virtfleet policy apply FILE.yaml' brings one", name: \.name.description,
        details: { $0.details("Policy") })

    static let presentation = Presentation<PolicySchedule>(
        columns: columns(of: \.policy), emptyHint: "", name: \.policy.name.description,
        details: { shown in
            shown.policy.details("Policy") + shown.hosts.map { $0.section(of: shown.policy) }
                + (shown.vms.isEmpty ? [] : [DetailSection("Snapshots", shown.vms.map(\.field))])
        })

    private static func columns<Item>(
        of resource: @escaping @Sendable (Item) -> DocumentResource
    ) -> [Column<Item>] {
        var columns = DocumentResource.columns(keys, of: resource)
        columns.insert(Column("ACTION") { Cell(resource($0).action) }, at: 1)
        return columns
    }
}

extension DocumentResource {
    /// Of a policy; one that was applied before there were others says none.
    fileprivate var action: String { document["action"]?.stringValue ?? Policy.Action.snapshot.rawValue }
}

extension PolicyHostResource {
    fileprivate func section(of policy: DocumentResource) -> DetailSection {
        let title = "On \(hostName)\(timeZone.map { ", by the clocks of \($0)" } ?? "")"
        if let obstacle { return DetailSection(title, [("Not carried out", Cell(obstacle, style: .warning))]) }
        if policy.action == Policy.Action.power.rawValue {
            return DetailSection(
                title,
                [
                    ("When the host sleeps", .optional(policy.document["onHostSleep"]?.stringValue)),
                    ("When it shuts down", .optional(policy.document["onHostShutdown"]?.stringValue)),
                ])
        }
        return DetailSection(title, times.enumerated().map { ("\($0 + 1)", .time($1)) })
    }
}

extension PolicySchedule.VM {
    fileprivate var field: (String, Cell) {
        let given = givenUp.map(\.description).joined(separator: ", ")
        return ("\(name) on \(hostName)", Cell("\(kept) kept\(given.isEmpty ? "" : "; to be given up: \(given)")"))
    }
}

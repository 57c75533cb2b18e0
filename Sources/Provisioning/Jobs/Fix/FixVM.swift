import FleetModel
import Hypervisor
import Placement
import FleetFiles

/// `vm.fix`: a VM's definition becomes what its profile makes of it. A guest that runs goes on as it is and gets it at its
/// next start.
struct FixVM: JobKind {
    static let name = JobKindName.vmFix

    let vm: VMID
    private let version: ProfileVersion?
    var locks: Set<String> { ["vm \(vm)"] }

    init(job: JobID, arguments: FixArguments) {
        vm = arguments.vm
        version = arguments.profileVersion
    }

    struct Plan: Codable, Equatable, Sendable {
        /// The definition as it was looked at, and as it shall be.
        var before: String
        var after: String
        /// Absent when it is right.
        var autostart: Bool?
        var changes: Int
        /// Settings that are left as they are.
        var left: [String]
        var isActive: Bool
    }

    func plan(on host: JobHost) async throws -> Plan {
        let (domain, directory) = try await host.requireOwn(vm, "fix")
        try await host.requireNoSavedMemory(domain)
        let xml = try await host.hypervisor.definition(of: vm)
        let definition = try DomainDefinition(xml: xml)
        guard var origin = definition.origin, let name = ResourceName(origin.profile) else {
            throw JobProblem("vm-changed", "the definition of VM \(domain.name) does not name its profile any more")
        }
        let profile = try profile(name, definition, host)
        try await host.requireNetworks(of: profile, named: name)
        origin.profileVersion = version?.version ?? origin.profileVersion
        guard
            let intended = DomainSpecification(
                profile, origin: origin, keeping: definition, directory: directory,
                granularityForm: try await host.granularityForm())
        else {
            throw JobProblem(
                "vm-changed",
                "the definition of VM \(domain.name) has lost its firmware, its generation ID or its type; restore it from a "
                    + "snapshot, or with virsh edit")
        }
        let differences = try intended.differences(from: xml, autostart: domain.autostart, of: profile)
        return Plan(
            before: xml, after: try intended.mending(xml),
            autostart: domain.autostart == profile.isStartedByLibvirt ? nil : profile.isStartedByLibvirt,
            changes: differences.filter(\.isFixable).count,
            left: differences.filter { !$0.isFixable }.map(\.setting), isActive: domain.state.isActive)
    }

    /// The controller's, else the host's own, else the one that the VM was made by.
    private func profile(_ name: ResourceName, _ definition: DomainDefinition, _ host: JobHost) throws -> Profile {
        if let version { return try version.profile(name) }
        if let own = host.profiles[name] { return own }
        guard let profile = definition.madeBy else {
            throw JobProblem(
                "unknown-profile",
                "neither the controller nor this host has profile '\(name)'; apply it with 'virtfleet profile apply'")
        }
        return profile
    }

    func steps(of plan: Plan, on host: JobHost) -> [any JobStep] {
        guard plan.changes > 0 else { return [] }
        let definition = ReplaceDefinition(vm: vm, before: plan.before, after: plan.after, host: host)
        return [definition] + (plan.autostart.map { [SetAutostart(vm: vm, on: $0, host: host)] } ?? [])
    }

    func verify(
        _ plan: Plan, on host: JobHost, _ attempt: @Sendable () async throws -> Void
    ) async throws -> String? {
        let left = plan.left.isEmpty ? "" : "; left as they are: \(plan.left.joined(separator: ", "))"
        guard plan.changes > 0 else { return "nothing to change" + left }
        return "\(plan.changes) settings changed" + (plan.isActive ? ", in effect from the next start" : "") + left
    }
}

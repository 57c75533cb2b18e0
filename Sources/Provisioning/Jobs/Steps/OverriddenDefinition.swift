import FleetModel
import Hypervisor
import Placement

/// What of a definition a job mends, by the settings' places in the XML.
enum SettingScope {
    case sizes, devices

    func includes(_ setting: String) -> Bool {
        switch self {
        case .sizes:
            [
                "memory", "vcpu", "cpu/topology", "metadata/vm/demand/@minimumMemory",
                "metadata/vm/demand/@maximumMemory",
            ].contains(setting)
        case .devices:
            setting.hasPrefix("metadata/vm/demand/device") || setting.hasPrefix("devices/hostdev")
        }
    }
}

extension JobHost {
    /// A VM's definition with something set over its profile; everything else in it stays.
    /// - Throws: `JobProblem` when it does not hold the VM's profile, or the host has no place for such a VM.
    func definition(
        _ xml: String, of domain: Domain, in directory: VMDirectory, setting override: ProfileOverride?,
        mending scope: SettingScope
    ) async throws -> String {
        let found = try DomainDefinition(xml: xml)
        let edited = try DomainEdit(override: override).applied(to: xml)
        guard let origin = found.origin, let profile = found.madeBy,
            let intended = DomainSpecification(
                profile, origin: origin, keeping: try DomainDefinition(xml: edited), directory: directory,
                granularityForm: try await granularityForm())
        else {
            throw JobProblem(
                "unknown-profile",
                "the definition of VM \(domain.name) does not hold its profile, so that nobody could say afterwards what it "
                    + "should be; 'virtfleet vm fix \(domain.name)' brings it there")
        }
        // As at the start of a clone that is left off: beside no VM that could be stopped until then.
        if let demand = intended.demand {
            _ = try await HostPlan.make(on: self, adding: demand, alone: true)?.placement(of: demand)
        }
        return try intended.mending(edited, where: scope.includes)
    }
}

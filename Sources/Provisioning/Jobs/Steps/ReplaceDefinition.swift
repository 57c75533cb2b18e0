import FleetModel
import Hypervisor

/// Another definition in the place of one that was looked at.
struct ReplaceDefinition: JobStep {
    let vm: VMID
    let before: String
    let after: String
    let host: JobHost
    let name = "definition"

    func probe() async throws -> StepProbe {
        let found = try await host.hypervisor.definition(of: vm)
        if found == before { return .absent }
        guard try !SettingDifference.between(wanted: after, found: found).contains(where: \.isFixable) else {
            throw JobProblem(
                "vm-changed", "somebody has redefined the VM while the job was at work; ask for the job again")
        }
        return .done
    }

    func apply() async throws {
        guard try await probe() == .absent else { return }
        _ = try await host.hypervisor.define(after)
    }
}

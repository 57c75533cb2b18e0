import FleetModel
import Hypervisor

/// `vm.focus`: a running VM comes to the foreground. With pinning `focus` it gets whole cores, and who had them before
/// floats; a VM with another pinning stays as it is.
struct FocusVM: JobKind {
    static let name = JobKindName.vmFocus

    let vm: VMID
    var locks: Set<String> { ["vm \(vm)"] }

    init(job: JobID, arguments: VMArguments) { vm = arguments.vm }

    func plan(on host: JobHost) async throws -> Nothing {
        let domain = try await host.require(vm)
        guard domain.state.isActive else {
            throw JobProblem(
                "not-running", "VM \(domain.name) is \(domain.state.rawValue), and no VM to work with; start it")
        }
        _ = try await hostPlan(on: host)
        return Nothing()
    }

    func steps(of plan: Nothing, on host: JobHost) -> [any JobStep] { [BringToForeground(job: self, host: host)] }

    /// The remark tells why a VM has no cores of its own.
    func verify(
        _ plan: Nothing, on host: JobHost, _ attempt: @Sendable () async throws -> Void
    ) async throws -> String? {
        let warnings = try await hostPlan(on: host).vm(vm)?.warnings ?? []
        return warnings.isEmpty ? nil : warnings.joined(separator: " ")
    }

    fileprivate func hostPlan(on host: JobHost) async throws -> HostPlan {
        guard let plan = try await HostPlan.make(on: host, foreground: vm) else {
            throw JobProblem(
                "no-processors",
                "the processors of this host cannot be seen, so that no VM can have cores of its own; "
                    + "see 'virtfleet-agent inspect cpu'")
        }
        return plan
    }
}

/// Its mark is where the threads of all VMs run.
private struct BringToForeground: JobStep {
    let job: FocusVM
    let host: JobHost
    let name = "focus"

    func probe() async throws -> StepProbe { try await job.hostPlan(on: host).moves.isEmpty ? .done : .absent }

    func apply() async throws { try await host.focus(job.vm) }
}

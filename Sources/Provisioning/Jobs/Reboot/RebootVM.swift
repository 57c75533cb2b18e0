import FleetModel

/// `vm.reboot`: asks the guest to restart, or pushes the reset button. Nothing tells afterwards that it was this job that
/// did it: after a crash in between it is not done again.
struct RebootVM: JobKind {
    static let name = JobKindName.vmReboot

    let arguments: RebootArguments
    var vm: VMID { arguments.vm }
    var locks: Set<String> { ["vm \(vm)"] }

    init(job: JobID, arguments: RebootArguments) { self.arguments = arguments }

    func plan(on host: JobHost) async throws -> Nothing {
        let domain = try await host.require(vm)
        guard domain.state == .running || domain.state == .blocked else {
            throw JobProblem(
                "not-running", "VM \(domain.name) is \(domain.state.rawValue); only a VM that runs can be rebooted")
        }
        return Nothing()
    }

    func steps(of plan: Nothing, on host: JobHost) -> [any JobStep] {
        [RestartDomain(vm: vm, force: arguments.force, host: host)]
    }
}

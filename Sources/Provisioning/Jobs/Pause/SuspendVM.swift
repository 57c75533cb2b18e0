import FleetModel

/// `vm.suspend`: stops the guest's processors, its memory stays; a VM that is paused already is fine.
struct SuspendVM: JobKind {
    static let name = JobKindName.vmSuspend

    let vm: VMID
    var locks: Set<String> { ["vm \(vm)"] }

    init(job: JobID, arguments: VMArguments) { vm = arguments.vm }

    func plan(on host: JobHost) async throws -> Nothing {
        let domain = try await host.require(vm)
        guard domain.state.isActive, domain.state != .pmSuspended else {
            throw JobProblem(
                "not-running", "VM \(domain.name) is \(domain.state.rawValue); only a VM that runs can be suspended")
        }
        return Nothing()
    }

    func steps(of plan: Nothing, on host: JobHost) -> [any JobStep] { [SuspendDomain(vm: vm, host: host)] }
}

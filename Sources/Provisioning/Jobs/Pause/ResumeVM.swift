import FleetModel

/// `vm.resume`: lets a paused guest go on, or wakes one that sleeps; a VM that runs already is fine.
struct ResumeVM: JobKind {
    static let name = JobKindName.vmResume

    let vm: VMID
    var locks: Set<String> { ["vm \(vm)"] }

    init(job: JobID, arguments: VMArguments) { vm = arguments.vm }

    func plan(on host: JobHost) async throws -> Nothing {
        let domain = try await host.require(vm)
        guard domain.state.isActive else {
            throw JobProblem("not-paused", "VM \(domain.name) is \(domain.state.rawValue), not paused; start it")
        }
        return Nothing()
    }

    func steps(of plan: Nothing, on host: JobHost) -> [any JobStep] { [ResumeDomain(vm: vm, host: host)] }
}

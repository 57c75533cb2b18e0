import FleetModel
import Hypervisor

/// `vm.start`: power on; a VM that runs already is fine.
struct StartVM: JobKind {
    static let name = JobKindName.vmStart

    let vm: VMID
    var locks: Set<String> { ["vm \(vm)"] }

    init(job: JobID, arguments: VMArguments) { vm = arguments.vm }

    func check(on host: JobHost) async throws {
        _ = try await plan(on: host)
        try await host.requireReadableDisks(of: host.require(vm))
    }

    func plan(on host: JobHost) async throws -> Nothing {
        let domain = try await host.require(vm)
        if domain.state == .paused || domain.state == .pmSuspended {
            throw JobProblem("paused", "VM \(domain.name) is \(domain.state.rawValue), not off; resume it")
        }
        guard !domain.state.isActive else { return Nothing() }
        let state = try await host.machineState(of: vm)
        try await host.onFiles { try state?.require() }
        try await host.requireFreeDevices(of: vm)
        if let demand = domain.ownDemand {
            _ = try await HostPlan.make(on: host, adding: demand)?.placement(of: demand)
        }
        return Nothing()
    }

    func steps(of plan: Nothing, on host: JobHost) -> [any JobStep] {
        [StartDomain(vm: vm, ofOwnClone: false, host: host)]
    }
}

/// The plan of a job that has nothing to decide.
struct Nothing: Codable, Equatable, Sendable {}

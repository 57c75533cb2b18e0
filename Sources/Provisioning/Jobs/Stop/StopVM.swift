import FleetModel
import Hypervisor

/// `vm.stop`: asks the guest to shut down and waits, or cuts the power; a VM that is off already is fine.
struct StopVM: JobKind {
    static let name = JobKindName.vmStop

    let arguments: StopArguments
    var vm: VMID { arguments.vm }
    var locks: Set<String> { ["vm \(vm)"] }

    init(job: JobID, arguments: StopArguments) { self.arguments = arguments }

    func plan(on host: JobHost) async throws -> Nothing {
        _ = try await host.require(vm)
        return Nothing()
    }

    func steps(of plan: Nothing, on host: JobHost) -> [any JobStep] {
        arguments.force
            ? [PowerOffDomain(vm: vm, isMarked: false, host: host)] : [ShutDownDomain(vm: vm, host: host)]
    }

    func verify(
        _ plan: Nothing, on host: JobHost, _ attempt: @Sendable () async throws -> Void
    ) async throws -> String? {
        let start = host.time.monotonic()
        while let domain = try await host.hypervisor.domainIfAny(vm), domain.state.isActive {
            try await attempt()
            guard host.time.monotonic() - start < .seconds(arguments.timeoutSeconds) else {
                throw JobProblem(
                    "timeout",
                    "VM \(domain.name) did not shut down within \(arguments.timeoutSeconds) s and is "
                        + "\(domain.state.rawValue); look at its screen, or stop it with force")
            }
            try await host.time.sleep(for: .milliseconds(250))
        }
        try await host.resettle()
        return nil
    }
}

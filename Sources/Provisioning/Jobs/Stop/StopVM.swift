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
        try await host.waitUntilOff(vm, within: .seconds(arguments.timeoutSeconds), attempt)
        try await host.resettle()
        return nil
    }
}

extension JobHost {
    /// Returns when the VM has no process any more.
    /// - Throws: `JobProblem` when it takes longer than the limit, and what `attempt` throws, which is asked regularly.
    func waitUntilOff(_ vm: VMID, within limit: Duration, _ attempt: () async throws -> Void = {}) async throws {
        let start = time.monotonic()
        while let domain = try await hypervisor.domainIfAny(vm), domain.state.isActive {
            try await attempt()
            guard time.monotonic() - start < limit else {
                throw JobProblem(
                    "timeout",
                    "VM \(domain.name) did not shut down within \(limit.components.seconds) s and is "
                        + "\(domain.state.rawValue); look at its screen, or stop it with force")
            }
            try await time.sleep(for: .milliseconds(250))
        }
    }
}

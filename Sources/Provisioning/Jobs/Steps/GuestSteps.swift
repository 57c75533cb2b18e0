import FleetModel
import FleetRuntime
import Hypervisor

/// Has the guest shut down, and waits for it; taken back, it starts again.
struct WaitUntilOff: JobStep {
    let vm: VMID
    let limit: Duration
    let host: JobHost
    let name = "shut down"

    func probe() async throws -> StepProbe { try await host.require(vm).state.isActive ? .absent : .done }

    func apply() async throws {
        try await ShutDownDomain(vm: vm, host: host).apply()
        try await host.waitUntilOff(vm, within: limit)
    }

    func undo() async throws {
        guard try await probe() == .done else { return }
        try await host.start(vm)
    }
}

/// Waits until the guest that was started answers and passes its checks, which are asked again after a crash.
struct WaitForGuest: JobStep {
    let vm: VMID
    let limit: Duration
    let checks: [GuestCommand]
    let host: JobHost
    let name = "guest"

    func probe() -> StepProbe { .absent }

    func apply() async throws {
        let start = host.time.monotonic()
        while try await !host.hypervisor.guestAgentAnswers(vm, within: .seconds(5)) {
            guard host.time.monotonic() - start < limit else {
                throw JobProblem(
                    "no-guest-agent",
                    "the guest agent of the VM did not answer within \(limit.components.seconds) s; see its screen or console, and "
                        + "whether qemu-guest-agent is installed in it")
            }
            try await host.time.sleep(for: .seconds(1))
        }
        try await host.runChecks(checks, in: vm)
    }
}

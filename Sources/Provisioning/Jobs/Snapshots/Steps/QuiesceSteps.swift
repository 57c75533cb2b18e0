import FleetModel
import FleetRuntime
import Hypervisor

/// Brings a running guest to rest: its file systems by the guest agent, where it has one, then its processors. What came
/// of it is written beside the kept state before the processors stop.
struct QuiesceGuest: JobStep {
    let vm: VMID
    let hasAgent: Bool
    let state: KeptState
    let host: JobHost
    let name = "quiesce"

    func probe() async throws -> StepProbe {
        guard try await host.require(vm).state == .paused else { return .absent }
        return await host.onFiles { DurableFile.exists(state.consistency) } ? .done : .absent
    }

    func apply() async throws {
        try await host.requireUnchanged(vm, isActive: true)
        let consistency = hasAgent ? await freeze() : .crash
        do {
            try await host.onFiles { () throws(FileError) in
                try DurableFile.makeDirectory(state.path, mode: 0o700)
                try DurableFile.replace(state.consistency, with: consistency.rawValue.utf8, mode: 0o600)
            }
            try await host.hypervisor.suspend(vm)
        } catch {
            if hasAgent { await thaw() }
            throw error
        }
    }

    func undo() async throws {
        try await GoOn(vm: vm, hasAgent: hasAgent, host: host).apply()
        try await RemoveState(state: state, host: host).apply()
    }

    private func freeze() async -> VMSnapshot.Consistency {
        // An attempt that a crash interrupted may have left it frozen, which makes the next one fail.
        for isLast in [false, true] {
            do throws(HypervisorError) {
                // Where no file system can be at rest, nobody has seen to anything.
                return try await host.hypervisor.freeze(vm, within: host.quiesceLimit) > 0 ? .app : .crash
            } catch {
                await thaw()
                if error.code == .timeout { return .quiesceTimeout }
                if isLast { break }
            }
        }
        return .crash
    }

    private func thaw() async { try? await host.hypervisor.thaw(vm, within: host.quiesceLimit) }
}

/// Lets the guest go on.
struct GoOn: JobStep {
    let vm: VMID
    let hasAgent: Bool
    let host: JobHost
    let name = "resume"

    /// Whether a guest is frozen cannot be seen, and to thaw one that is not does no harm.
    func probe() async -> StepProbe { .absent }

    func apply() async throws {
        // A guest that was powered off meanwhile needs neither.
        guard let domain = try await host.hypervisor.domainIfAny(vm), domain.state.isActive else { return }
        if domain.state == .paused { try await host.hypervisor.resume(vm) }
        // One that does not answer has not been frozen, or thaws when it has time.
        if hasAgent { try? await host.hypervisor.thaw(vm, within: host.quiesceLimit) }
    }
}

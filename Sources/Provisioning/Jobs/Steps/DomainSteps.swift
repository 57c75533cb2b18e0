import FleetModel
import Hypervisor

extension Hypervisor {
    /// The domain, or nil when there is none of this identity.
    func domainIfAny(_ id: VMID) async throws -> Domain? {
        do throws(HypervisorError) {
            return try await domain(id)
        } catch {
            guard error.code == .noSuchDomain else { throw error }
            return nil
        }
    }

    /// What a domain is now and what it will be at its next start; empty when it has gone since it was listed.
    func definitions(of id: VMID) async throws -> [String] {
        do throws(HypervisorError) {
            return [try await liveDefinition(of: id), try await definition(of: id)]
        } catch {
            guard error.code == .noSuchDomain else { throw error }
            return []
        }
    }
}

/// The domain's definition. Its mark is the identity, which nobody but this job has.
struct DefineDomain: JobStep {
    let id: VMID
    /// As the definition tells it.
    let origin: VMDocument.Origin
    let xml: String
    let host: JobHost
    let name = "definition"

    /// One that is not all of what is wanted is defined again: it may be that of an agent which died before it knew why.
    func probe() async throws -> StepProbe {
        guard let domain = try await host.hypervisor.domainIfAny(id) else { return .absent }
        guard domain.origin == origin else { return .done }
        let found = try await host.hypervisor.definition(of: id)
        return try SettingDifference.between(wanted: xml, found: found).isEmpty ? .done : .absent
    }

    func apply() async throws { _ = try await host.hypervisor.define(xml) }

    func undo() async throws {
        guard let domain = try await host.hypervisor.domainIfAny(id) else { return }
        guard domain.origin == origin else {
            throw JobProblem(
                "vm-changed", "somebody has redefined VM \(domain.name) meanwhile; it and its files are left alone")
        }
        if domain.state.isActive { try await host.hypervisor.destroy(domain.id) }
        // A domain that somebody has undefined while it ran ends with its process.
        guard try await host.hypervisor.domainIfAny(id) != nil else { return }
        try await host.hypervisor.undefine(domain.id)
        try await host.resettle()
    }
}

/// Whether the domain starts with its host.
struct SetAutostart: JobStep {
    let vm: VMID
    let on: Bool
    let host: JobHost
    let name = "autostart"

    func probe() async throws -> StepProbe { try await host.hypervisor.domain(vm).autostart == on ? .done : .absent }

    func apply() async throws { try await host.hypervisor.setAutostart(vm, on) }
}

/// Power on, on the place that the VM has now.
struct StartDomain: JobStep {
    let vm: VMID
    /// Started by the job that made the VM: nobody uses it yet, so that it may be started once more after a crash.
    let ofOwnClone: Bool
    let host: JobHost
    let name = "start"

    var isMarked: Bool { ofOwnClone }

    func probe() async throws -> StepProbe {
        try await host.hypervisor.domain(vm).state.isActive ? .done : .absent
    }

    func apply() async throws { try await host.start(vm) }

    func undo() async throws {
        guard isMarked, try await host.hypervisor.domainIfAny(vm)?.state.isActive == true else { return }
        try await PowerOffDomain(vm: vm, isMarked: true, host: host).apply()
        try await host.resettle()
    }
}

/// Power off, without asking the guest.
struct PowerOffDomain: JobStep {
    let vm: VMID
    let isMarked: Bool
    let host: JobHost
    let name = "power off"

    func probe() async throws -> StepProbe {
        try await host.hypervisor.domainIfAny(vm)?.state.isActive == true ? .absent : .done
    }

    func apply() async throws { try await tolerating { try await host.hypervisor.destroy(vm) } }
}

/// Asks the guest to shut down.
struct ShutDownDomain: JobStep {
    let vm: VMID
    let host: JobHost
    let name = "shut down"
    let isMarked = false

    func probe() async throws -> StepProbe {
        try await host.hypervisor.domain(vm).state.isActive ? .absent : .done
    }

    func apply() async throws { try await tolerating { try await host.hypervisor.shutdown(vm) } }
}

/// Restarts the guest. It leaves nothing to be recognised by.
struct RestartDomain: JobStep {
    let vm: VMID
    let force: Bool
    let host: JobHost
    let name = "restart"
    let isMarked = false

    func probe() async throws -> StepProbe { .absent }

    func apply() async throws {
        if force { try await host.hypervisor.reset(vm) } else { try await host.hypervisor.reboot(vm) }
    }
}

/// Stops the processors.
struct SuspendDomain: JobStep {
    let vm: VMID
    let host: JobHost
    let name = "suspend"
    let isMarked = false

    func probe() async throws -> StepProbe {
        try await host.hypervisor.domain(vm).state == .paused ? .done : .absent
    }

    func apply() async throws { try await host.hypervisor.suspend(vm) }
}

/// Lets the processors go on.
struct ResumeDomain: JobStep {
    let vm: VMID
    let host: JobHost
    let name = "resume"
    let isMarked = false

    func probe() async throws -> StepProbe {
        let state = try await host.hypervisor.domain(vm).state
        return state == .running || state == .blocked ? .done : .absent
    }

    func apply() async throws { try await tolerating { try await host.hypervisor.resume(vm) } }
}

/// Removes the domain's definition, with its variable store and TPM state.
struct UndefineDomain: JobStep {
    let vm: VMID
    let host: JobHost
    let name = "definition"

    func probe() async throws -> StepProbe {
        try await host.hypervisor.domainIfAny(vm) == nil ? .done : .absent
    }

    func apply() async throws { try await host.hypervisor.undefine(vm) }
}

extension JobStep {
    /// A guest that gets there by itself while it is being asked makes libvirt refuse; what was wanted is so all the same.
    fileprivate func tolerating(_ effect: () async throws -> Void) async throws {
        do {
            try await effect()
        } catch {
            guard (error as? HypervisorError)?.code == .invalidState, try await probe() == .done else { throw error }
        }
    }
}

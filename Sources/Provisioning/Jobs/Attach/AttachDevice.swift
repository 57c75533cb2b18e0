import FleetModel
import Hypervisor

/// `vm.attach`: a device of the host that this VM has beside what its profile says, from now on. A USB device is there at once;
/// a PCI device from the VM's next start on, which looks for it as for those of the profile.
struct AttachDevice: JobKind {
    static let name = JobKindName.vmAttach

    let arguments: AttachArguments
    var vm: VMID { arguments.vm }
    var locks: Set<String> { ["vm \(vm)"] }

    init(job: JobID, arguments: AttachArguments) { self.arguments = arguments }

    func plan(on host: JobHost) async throws -> AttachmentPlan {
        try await AttachmentPlan(arguments, "attach anything to", on: host) { override, domain in
            if case .usb(let id) = arguments.device, domain.state.isActive {
                _ = try await host.requirePluggedIn(id, for: vm)
            }
            override.add(arguments.device)
        }
    }

    func steps(of plan: AttachmentPlan, on host: JobHost) -> [any JobStep] {
        let define = ReplaceDefinition(vm: vm, before: plan.before, after: plan.after, host: host)
        let steps: [any JobStep] = plan.before == plan.after ? [] : [define]
        guard plan.isActive, case .usb(let id) = arguments.device else { return steps }
        return steps + [PlugUSBDevice(vm: vm, id: id, host: host)]
    }

    func verify(
        _ plan: AttachmentPlan, on host: JobHost, _ attempt: @Sendable () async throws -> Void
    ) async throws -> String? {
        if case .usb = arguments.device {
            return plan.isActive ? nil : "from the next start on, whenever it is plugged in"
        }
        return plan.isActive ? "from the next start on" : nil
    }
}

/// `vm.detach`: takes back what `vm.attach` gave.
struct DetachDevice: JobKind {
    static let name = JobKindName.vmDetach

    let arguments: AttachArguments
    var vm: VMID { arguments.vm }
    var locks: Set<String> { ["vm \(vm)"] }

    init(job: JobID, arguments: AttachArguments) { self.arguments = arguments }

    func plan(on host: JobHost) async throws -> AttachmentPlan {
        try await AttachmentPlan(arguments, "detach anything from", on: host) { override, domain in
            guard override.has(arguments.device) else {
                throw JobProblem(
                    "not-attached",
                    "no job has attached a \(arguments.device) to VM \(domain.name); what its profile gives it, another "
                        + "version of the profile and 'virtfleet vm fix' take away")
            }
            override.remove(arguments.device)
        }
    }

    func steps(of plan: AttachmentPlan, on host: JobHost) -> [any JobStep] {
        let define = ReplaceDefinition(vm: vm, before: plan.before, after: plan.after, host: host)
        guard plan.isActive, case .usb(let id) = arguments.device else { return [define] }
        return [define, UnplugUSBDevice(vm: vm, id: id, host: host)]
    }

    func verify(
        _ plan: AttachmentPlan, on host: JobHost, _ attempt: @Sendable () async throws -> Void
    ) async throws -> String? {
        guard plan.isActive, case .host = arguments.device else { return nil }
        return "the guest has it until it is shut down"
    }
}

struct AttachmentPlan: Codable, Equatable, Sendable {
    /// The definition as it was looked at, and as it shall be.
    var before: String
    var after: String
    var isActive: Bool
}

extension AttachmentPlan {
    /// - Parameters:
    ///   - intent: what the job does to the VM, in words.
    ///   - change: of what is attached.
    fileprivate init(
        _ arguments: AttachArguments, _ intent: String, on host: JobHost,
        _ change: (inout ProfileOverride, Domain) async throws -> Void
    ) async throws {
        if let problem = arguments.problem { throw JobProblem("bad-arguments", problem) }
        let (domain, directory) = try await host.requireOwn(arguments.vm, intent)
        try await host.requireNoSavedMemory(domain)
        before = try await host.hypervisor.definition(of: arguments.vm)
        var override = try DomainDefinition(xml: before).override ?? ProfileOverride()
        try await change(&override, domain)
        after = try await host.definition(
            before, of: domain, in: directory, setting: override.isEmpty ? nil : override, mending: .devices)
        isActive = domain.state.isActive
    }
}

/// Hands a device over to a guest that runs. Its mark is where the device is plugged in: one that was pulled out and put back is
/// another one to the guest's QEMU, and is handed over anew.
private struct PlugUSBDevice: JobStep {
    let vm: VMID
    let id: USBDeviceID
    let host: JobHost
    let name = "device"

    func probe() async throws -> StepProbe {
        let live = try await host.liveUSBDevices(of: vm).first { $0.id == id }
        guard let live else { return .absent }
        let plugged = try await host.requirePluggedIn(id, for: vm)
        return live.bus == plugged.bus && live.device == plugged.device ? .done : .partial
    }

    func apply() async throws {
        _ = try await host.requirePluggedIn(id, for: vm)
        try await host.requireUnchanged(vm, isActive: true)
        try await host.hypervisor.plug(vm, id)
    }

    /// Only what is left of a device that was pulled out.
    func undo() async throws { try await host.hypervisor.unplug(vm, id) }
}

/// Takes a device from a guest that runs.
private struct UnplugUSBDevice: JobStep {
    let vm: VMID
    let id: USBDeviceID
    let host: JobHost
    let name = "device"

    func probe() async throws -> StepProbe {
        guard try await host.require(vm).state.isActive else { return .done }
        return try await host.liveUSBDevices(of: vm).contains { $0.id == id } ? .absent : .done
    }

    func apply() async throws { try await host.hypervisor.unplug(vm, id) }
}

extension JobHost {
    fileprivate func liveUSBDevices(of vm: VMID) async throws -> [DomainDefinition.USBDevice] {
        try DomainDefinition(xml: await hypervisor.liveDefinition(of: vm)).usbDevices
    }
}

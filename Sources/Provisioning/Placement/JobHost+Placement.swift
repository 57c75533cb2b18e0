import FleetModel
import Hypervisor

extension JobHost {
    /// Starts a VM on the place that it has now. Since the last start other VMs may have come, and devices moved.
    ///
    /// Nothing of it needs a mark: who comes after a crash makes a plan of what is then, and carries that out.
    func start(_ vm: VMID) async throws {
        let state = try await machineState(of: vm)
        try await onFiles {
            try state?.require()
            try state?.noteTPM()
        }
        try await placing.pass {
            do {
                try await requireFreeDevices(of: vm)
                try await place(vm)
                try await powerOn(vm)
            } catch {
                // Why it did not start is what has to be told, whatever becomes of the others' places.
                try? await settle()
                throw error
            }
        }
        // One that fails is made up for at the next start.
        await onFiles { try? state?.noteTPM() }
    }

    /// Makes a VM's place as for a start, and has it go on from its memory there, with the processors that it had then
    /// until all have settled.
    func restore(_ vm: VMID, from memory: String, _ edit: DomainEdit) async throws {
        try await placing.pass {
            do {
                try await requireFreeDevices(of: vm)
                try await place(vm)
                try await hypervisor.restore(vm, from: memory, edit)
            } catch {
                try? await settle()
                throw error
            }
            try? await settle()
        }
    }

    /// libvirt gives a helper such as swtpm some seconds to come up, which are too few on a machine that starts several VMs at
    /// once. It has taken everything back then.
    private func powerOn(_ vm: VMID, attempts: Int = Self.startAttempts) async throws {
        do throws(any Error) {
            try await hypervisor.start(vm)
        } catch {
            guard attempts > 1, (error as? HypervisorError)?.isOfASlowHelper == true,
                try await !hypervisor.domain(vm).state.isActive
            else { throw error }
            try await time.sleep(for: .seconds(1))
            try await powerOn(vm, attempts: attempts - 1)
        }
    }

    private static let startAttempts = 3

    private func place(_ vm: VMID) async throws {
        let domain = try await hypervisor.domain(vm)
        guard var demand = domain.ownDemand else { return }
        guard var plan = try await HostPlan.make(on: self, adding: demand) else {
            guard !demand.needsDevices, domain.hostDevices.isEmpty else { throw Self.unseenDevices(demand) }
            return
        }
        guard try plan.placement(of: demand) != nil else { return }
        if !plan.virtualFunctions.isEmpty {
            try await onFiles { [plan] in try functions.make(plan.virtualFunctions) }
            guard let seen = try await HostPlan.make(on: self, adding: demand) else { return }
            _ = try seen.placement(of: demand)
            plan = seen
        }
        do {
            try await onFiles { [plan] in try hugePages.make(plan.reservations) }
        } catch {
            guard demand.memory.hugePages == .auto else { throw error }
            demand.memory.hugePages = .none
            guard let ordinary = try await HostPlan.make(on: self, adding: demand) else { return }
            plan = ordinary
        }
        try await plan.move(on: self)
        guard let placement = try plan.placement(of: demand) else { return }
        try await onFiles { try mediatedDevices.make(placement.mediatedDevices) }
        let before = try await hypervisor.definition(of: vm)
        let after = try placement.applied(to: before)
        guard try DomainDefinition(xml: after).placement != DomainDefinition(xml: before).placement else { return }
        _ = try await hypervisor.define(after)
    }

    private static func unseenDevices(_ demand: VMDemand) -> JobProblem {
        JobProblem(
            "no-place",
            "VM \(demand.name) asks for devices of this host, whose processors and memory cannot be seen, and so not who has "
                + "what: let the agent read /sys and /proc, or take the devices out of its profile")
    }

    /// Lets the VMs that run have what others have left, and gives back the huge pages that nobody uses any more.
    func resettle() async throws { try await placing.pass { try await settle() } }

    private func settle() async throws {
        try await HostPlan.make(on: self)?.move(on: self)
        try await onFiles {
            try functions.giveBack()
            try hugePages.giveBack()
        }
        try await giveBackMediatedDevices()
    }

    /// Removes what was made for VMs that do not run. Where it is not known of one what it has, nothing is removed.
    func giveBackMediatedDevices() async throws {
        guard await onFiles({ !mediatedDevices.isEmpty }) else { return }
        let running = try await hypervisor.domains().filter(\.state.isActive)
        guard running.allSatisfy({ $0.placement != nil }) else { return }
        let used = Set(running.flatMap(\.mediatedDevices))
        try await onFiles { try mediatedDevices.giveBack(except: used) }
    }

    /// Brings a running VM to the foreground.
    func focus(_ vm: VMID) async throws {
        try await placing.pass { try await HostPlan.make(on: self, foreground: vm)?.move(on: self) }
    }

    private var functions: VirtualFunctionPool { VirtualFunctionPool(facilities: facilities) }
    private var mediatedDevices: MediatedDevicePool { MediatedDevicePool(facilities: facilities) }
    private var hugePages: HugePageReserve { HugePageReserve(facilities: facilities) }
}

extension HypervisorError {
    /// A helper took longer than libvirt, or swtpm_setup, which libvirt gives no code of its own, waits for it.
    fileprivate var isOfASlowHelper: Bool { code == .timeout || message.contains("swtpm_setup") }
}

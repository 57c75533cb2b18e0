import FleetModel
import Hypervisor
import Placement

/// How the VMs of a host share it: what is, and what shall be.
struct HostPlan: Sendable {
    private let plan: PlacementPlan
    /// Those that virtfleet made and that run, as they are.
    private let running: [Domain]

    /// - Parameters:
    ///   - demand: of a VM that shall start.
    ///   - foreground: nil for the VM that is in the foreground already.
    ///   - alone: as if nothing ran that virtfleet has made.
    /// - Returns: nil where the machine cannot be seen.
    static func make(
        on host: JobHost, adding demand: VMDemand? = nil, foreground: VMID? = nil, alone: Bool = false
    ) async throws -> HostPlan? {
        let others = try await host.hypervisor.domains().filter { $0.id != demand?.id }
        guard let machine = await host.facilities.inventory(assignments(others)) else { return nil }
        let running = others.filter { $0.state.isActive && !(alone && $0.isOurs) }
        let demands = running.compactMap(\.runningDemand)
        var plan = PlacementPlan(
            for: PlacementRequest(
                cpu: machine.cpu, memory: machine.memory, pci: machine.pci,
                vms: demands + [demand].compactMap(\.self),
                foreground: foreground ?? demands.first(where: \.isInForeground)?.id))
        for index in plan.vms.indices { plan.vms[index].nameMediatedDevices() }
        if !host.facilities.weighsGuests {
            for index in plan.vms.indices {
                plan.vms[index].placement?.processors.weight = VMPlacement.Processors.kernelsWeight
            }
        }
        return HostPlan(plan: plan, running: running.filter(\.isOurs))
    }

    /// What definitions give away that are none of ours, by VM.
    static func assignments(_ domains: [Domain]) -> [PCIAddress: String] {
        let given = domains.filter { !$0.isOurs }.flatMap { domain in domain.hostDevices.map { ($0, domain.name) } }
        return Dictionary(given) { min($0, $1) }
    }

    /// To be made before the VM starts.
    var reservations: [HugePageReservation] { plan.reservations }

    /// Likewise; then another plan is made.
    var virtualFunctions: [VirtualFunctionReservation] { plan.virtualFunctions }

    func vm(_ id: VMID) -> VMPlan? { plan.vms.first { $0.id == id } }

    /// - Throws: `JobProblem` with every obstacle and its fix.
    func placement(of demand: VMDemand) throws(JobProblem) -> VMPlacement? {
        guard let vm = vm(demand.id), vm.placement == nil else { return vm(demand.id)?.placement }
        let obstacles = vm.obstacles.map { [$0.reason, $0.fix].compactMap(\.self).joined(separator: " ") }
        throw JobProblem(
            "no-place", "VM \(demand.name) cannot run on this host now: \(obstacles.joined(separator: " "))")
    }

    /// The VMs whose threads run elsewhere than the plan wants, with where they shall.
    var moves: [(domain: Domain, processors: VMPlacement.Processors)] {
        running.compactMap { domain in
            guard let now = domain.placement?.processors, let next = vm(domain.id)?.placement?.processors,
                now.vcpus != next.vcpus || now.emulator != next.emulator || now.ioThreads != next.ioThreads
                    || now.weight != next.weight
            else { return nil }
            return (domain, next)
        }
    }

    /// Lets running VMs make room, or take what has become free.
    func move(on host: JobHost) async throws {
        for (domain, processors) in moves {
            do throws(HypervisorError) {
                try await host.hypervisor.pin(domain.id, to: processors)
                if processors.weight != domain.placement?.processors.weight {
                    try await host.hypervisor.setWeight(domain.id, processors.weight)
                }
            } catch {
                // It has stopped meanwhile, or its threads cannot be told apart: nobody else shall fail for that.
                guard [.invalidState, .unsupported, .noSuchDomain].contains(error.code) else { throw error }
            }
        }
    }
}

extension VMPlan {
    /// What runs has its names.
    fileprivate mutating func nameMediatedDevices() {
        for (number, device) in (placement?.mediatedDevices ?? []).enumerated() where device.id == nil {
            placement?.mediatedDevices[number].id = MediatedDeviceID(vm: id, number: number)
        }
    }
}

import FleetModel
import Hypervisor
import Placement

extension JobHost {
    /// Starts a VM on the place that it has now. Since the last start other VMs may have come, and devices moved.
    ///
    /// Nothing of it needs a mark: who comes after a crash makes a plan of what is then, and carries that out.
    func start(_ vm: VMID) async throws {
        try await placing.pass {
            let domain = try await hypervisor.domain(vm)
            if let demand = domain.ownDemand, let plan = try await HostPlan.make(on: self, adding: demand),
                let placement = try plan.placement(of: demand)
            {
                try await plan.move(on: self)
                try await define(placement, of: vm)
            }
            do {
                try await hypervisor.start(vm)
            } catch {
                try await HostPlan.make(on: self)?.move(on: self)
                throw error
            }
        }
    }

    private func define(_ placement: VMPlacement, of vm: VMID) async throws {
        let before = try await hypervisor.definition(of: vm)
        let after = try placement.applied(to: before)
        guard try DomainDefinition(xml: after).placement != DomainDefinition(xml: before).placement else { return }
        _ = try await hypervisor.define(after)
    }

    /// Lets the VMs that run have what others have left.
    func resettle() async throws {
        try await placing.pass { try await HostPlan.make(on: self)?.move(on: self) }
    }

    /// Brings a running VM to the foreground.
    func focus(_ vm: VMID) async throws {
        try await placing.pass { try await HostPlan.make(on: self, foreground: vm)?.move(on: self) }
    }
}

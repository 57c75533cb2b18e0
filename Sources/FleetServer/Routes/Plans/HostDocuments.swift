import FleetModel
import FleetStore
import Placement

/// A VM that nobody has made yet.
struct ProfileVM: Sendable {
    let needs: ProfileNeeds
    let demand: VMDemand
}

/// What a plan for a host is made from: its inventory and its VMs, as it last told of them.
struct HostDocuments: Sendable {
    /// Why there can be no plan.
    struct Missing: Error {
        let obstacle: PlacementObstacle

        init(_ reason: String, fix: String) { obstacle = PlacementObstacle(reason: reason, fix: fix) }
    }

    private struct PCIPart: Decodable {
        var devices: [PCIDevice]
    }

    /// With the VMs that run.
    let request: PlacementRequest
    private let equipment: HostEquipment

    /// - Throws: `Missing`.
    init(of host: HostResource, in store: FleetStore) async throws {
        let running = try await (store.vmDocuments(of: [host.id])[host.id] ?? []).filter { vm in
            guard vm.state != .unknown else {
                throw Missing(
                    "Whether VM \(vm.name) runs is not known: the host's agent does not reach its hypervisor.",
                    fix: "Start libvirtd on \(host.name), and look at its log.")
            }
            return vm.state.isActive
        }
        let demands = try running.map { vm in
            guard let demand = vm.demand else {
                throw Missing(
                    "VM \(vm.name) runs, and what it has of the host was not told.",
                    fix: "Update virtfleet-agent on \(host.name).")
            }
            return demand
        }
        request = PlacementRequest(
            cpu: try Self.part(.cpu, of: host), memory: try Self.part(.memory, of: host),
            pci: try Self.part(.pci, of: host, as: PCIPart.self).devices, vms: demands,
            foreground: demands.first(where: \.isInForeground)?.id)
        equipment = HostEquipment(host.inventory ?? [:], cpu: request.cpu)
    }

    func fit(_ vm: ProfileVM) -> HostFit {
        HostFit(of: vm.needs, on: equipment, placement: HostFit(of: vm.demand, in: request))
    }

    private static func part<Document: Decodable>(
        _ part: InventoryPart, of host: HostResource, as type: Document.Type = Document.self
    ) throws(Missing) -> Document {
        guard let document = host.inventory?[part] else {
            throw Missing(
                "The host has not sent its inventory (\(part.rawValue)).",
                fix: "Start virtfleet-agent on \(host.name), and look at its log.")
        }
        do {
            return try FleetJSON.decode(type, from: document)
        } catch {
            throw Missing(
                "The host's inventory (\(part.rawValue)) is not understood.",
                fix: "Update virtfleet-agent on \(host.name), or the controller, whichever is older.")
        }
    }
}

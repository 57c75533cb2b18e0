import FleetModel
import FleetTestSupport
import FoundationEssentials

@testable import Placement

extension Machine {
    static func request(
        cpu: CPUDocument = cpu(cores: 8), memory: MemoryDocument = memory(64), pci: [PCIDevice] = [],
        foreground: String? = nil, _ vms: VMDemand...
    ) -> PlacementRequest {
        PlacementRequest(
            cpu: cpu, memory: memory, pci: pci, vms: vms,
            foreground: foreground.flatMap { name in vms.first { $0.name == name }?.id })
    }
}

/// A VM for tests; its UUID follows from its name.
func vm(
    _ name: String, _ vcpus: Int = 4, _ pinning: VMDemand.Pinning = .shared, gibibytes: ClosedRange<UInt64> = 4...4,
    pages: MemoryDemand.HugePages = .none, devices: [DeviceSelector] = [], weight: Int? = nil, ioThreads: Int = 0
) -> VMDemand {
    var bytes = [UInt8](repeating: 0, count: 16)
    for (index, byte) in name.utf8.enumerated() { bytes[index % 16] = bytes[index % 16] &* 31 &+ byte }
    let uuid = UUID(
        uuid: (
            bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7], bytes[8], bytes[9],
            bytes[10], bytes[11], bytes[12], bytes[13], bytes[14], bytes[15]
        ))
    return VMDemand(
        id: VMID(uuid), name: name, vcpus: vcpus,
        memory: MemoryDemand(
            minimumBytes: gibibytes.lowerBound << 30, maximumBytes: gibibytes.upperBound << 30, hugePages: pages),
        pinning: pinning, weight: weight, ioThreads: ioThreads, devices: devices)
}

extension PlacementRequest {
    var plan: PlacementPlan { PlacementPlan(for: self) }

    /// After the virtual functions were made that the plan asks for, each in a group of its own.
    func made(_ plan: PlacementPlan) -> PlacementRequest {
        var after = self
        for reservation in plan.virtualFunctions {
            guard let place = pci.firstIndex(where: { $0.address == reservation.physicalFunction }) else { continue }
            after.pci[place].sriov?.current = reservation.count
            for number in 0..<reservation.count {
                let (bus, slot) = (String(place + 16, radix: 16), String(number + 16, radix: 16))
                var function = Machine.device(
                    "0001:\(bus):\(slot).0", pci[place].deviceClass?.description ?? "0200",
                    group: 1000 + place * 32 + number)
                function.physicalFunction = reservation.physicalFunction
                function.numaNode = pci[place].numaNode
                after.pci.append(function)
            }
        }
        return after
    }

    /// After the plan was carried out. Without momentary values the documents are those from before.
    func started(_ plan: PlacementPlan) -> PlacementRequest {
        var after = self
        for index in vms.indices {
            after.vms[index].running = plan.vms.first { $0.id == vms[index].id }?.placement
            if vms[index].running == nil, index % 2 == 0 { after.makeMediatedDevices(for: index) }
            guard vms[index].running == nil, let pages = after.vms[index].running?.memory.hugePages else { continue }
            for part in pages.nodes { after.memory.use(part.count, of: pages.sizeBytes, on: part.node) }
        }
        return after
    }
}

extension PlacementRequest {
    /// Of some VMs the inventory tells of them, of others it is from before. The driver makes none of another type beside them.
    fileprivate mutating func makeMediatedDevices(for index: Int) {
        for (number, device) in (vms[index].running?.mediatedDevices ?? []).enumerated() {
            let id = MediatedDeviceID.random()
            vms[index].running?.mediatedDevices[number].id = id
            guard let place = pci.firstIndex(where: { $0.address == device.parent }),
                let type = pci[place].mediatedTypes.firstIndex(where: { $0.id == device.type.description })
            else { continue }
            let left = (pci[place].mediatedTypes[type].available ?? 0) - 1
            for other in pci[place].mediatedTypes.indices { pci[place].mediatedTypes[other].available = 0 }
            pci[place].mediatedTypes[type].available = left
            pci[place].mediatedTypes[type].devices = (pci[place].mediatedTypes[type].devices ?? []) + [id]
        }
    }
}

extension MemoryDocument {
    /// Takes huge pages that are free, and makes those that are missing.
    fileprivate mutating func use(_ count: UInt64, of size: UInt64, on node: Int) {
        guard let place = nodes.firstIndex(where: { $0.id == node }),
            let pool = nodes[place].hugePages.firstIndex(where: { $0.sizeBytes == size }),
            let free = nodes[place].hugePages[pool].free
        else { return }
        let made = count - min(count, free)
        nodes[place].hugePages[pool].count += made
        nodes[place].hugePages[pool].free = free + made - count
        nodes[place].freeBytes = nodes[place].freeBytes.map { $0 - min($0, made * size) }
    }
}

extension PlacementPlan {
    func placement(_ name: String) -> VMPlacement? { vms.first { $0.name == name }?.placement }

    func vm(_ name: String) -> VMPlan? { vms.first { $0.name == name } }

    /// `1 9 2 10`, or `1-7` of a VM that floats.
    func pins(_ name: String) -> String {
        let processors = placement(name)?.processors
        let sets = (processors?.vcpus ?? []).map(\.description)
        return processors?.ownsCores == true ? sets.joined(separator: " ") : Set(sets).sorted().joined(separator: " ")
    }
}

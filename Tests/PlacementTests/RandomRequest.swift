import FleetModel
import FleetTestSupport
import FleetRuntime

@testable import Placement

/// Hosts and VMs that nobody has.
struct RandomRequest {
    var random: SeededGenerator

    /// Some of the VMs run by an earlier plan, in another state of the world.
    mutating func next() -> PlacementRequest {
        var request = PlacementRequest(cpu: cpu(), memory: MemoryDocument(hugePages: []), pci: devices(), vms: [])
        request.memory = memory(nodes: Set(request.cpu.threadList.compactMap(\.node)).count)
        request.vms = (0..<Int.random(in: 0...6, using: &random)).map { demand("former-\($0)", request.pci) }
        request.foreground = request.vms.randomElement(using: &random)?.id
        while !request.plan.virtualFunctions.isEmpty { request = request.made(request.plan) }
        request = request.started(request.plan)
        for index in request.vms.indices {
            request.vms[index].pinning = chance(8) ? pinning() : request.vms[index].pinning
        }
        request.vms.removeAll { _ in Int.random(in: 0..<4, using: &random) == 0 }
        request.vms += (0..<Int.random(in: 0...6, using: &random)).map { demand("new-\($0)", request.pci) }
        request.foreground = request.vms.randomElement(using: &random)?.id
        return request
    }

    private mutating func chance(_ of: Int) -> Bool { Int.random(in: 0..<of, using: &random) == 0 }

    private mutating func pinning() -> VMDemand.Pinning {
        VMDemand.Pinning.allCases.randomElement(using: &random) ?? .shared
    }

    private mutating func cpu() -> CPUDocument {
        if chance(4) {
            return Machine.hybrid(
                performance: Int.random(in: 1...8, using: &random), efficiency: Int.random(in: 1...8, using: &random))
        }
        let nodes = [1, 1, 2, 4].randomElement(using: &random) ?? 1
        return Machine.cpu(
            cores: Int.random(in: 1...8, using: &random), threads: Int.random(in: 1...2, using: &random), nodes: nodes,
            sockets: chance(2) ? nodes : 1)
    }

    private mutating func memory(nodes: Int) -> MemoryDocument {
        let size = UInt64.random(in: 4...64, using: &random)
        var memory = Machine.memory(
            size, nodes: nodes, pages: chance(2) ? 0 : UInt64.random(in: 0...size * 128, using: &random),
            largePages: chance(2) ? 0 : UInt64.random(in: 0...size / 4, using: &random),
            free: chance(2) ? nil : UInt64.random(in: 0...size / 2, using: &random))
        for node in memory.nodes.indices where chance(2) {
            // Some pages are used by others.
            let pool = memory.nodes[node].hugePages[0]
            memory.nodes[node].hugePages[0].free = pool.free.map { UInt64.random(in: 0...$0, using: &random) }
        }
        return memory
    }

    private mutating func demand(_ name: String, _ pci: [PCIDevice]) -> VMDemand {
        let least = UInt64.random(in: 1...16, using: &random)
        let vcpus = Int.random(in: 1...10, using: &random)
        var demand = vm(
            name, vcpus, pinning(),
            gibibytes: least...least + UInt64.random(in: 0...8, using: &random),
            pages: MemoryDemand.HugePages.allCases.randomElement(using: &random) ?? .none,
            devices: chance(2) ? [] : (0..<Int.random(in: 1...2, using: &random)).map { _ in selector(pci) },
            weight: chance(2) ? nil : Int.random(in: 1...10_000, using: &random),
            ioThreads: Int.random(in: 0...2, using: &random))
        if chance(4) { demand.topology = VMPlacement.GuestTopology(sockets: vcpus, cores: chance(4) ? 2 : 1) }
        demand.graphics = chance(2) ? nil : GraphicsDemand.allCases.randomElement(using: &random)
        return demand
    }

    private static let types = [MediatedTypeID.auto, MediatedTypeID("nvidia-1")!, MediatedTypeID("nvidia-2")!]

    private mutating func selector(_ pci: [PCIDevice]) -> DeviceSelector {
        var selector = DeviceSelector(role: DeviceSelector.Role.allCases.randomElement(using: &random))
        if chance(5) { selector.mdevType = Self.types.randomElement(using: &random) ?? .auto }
        selector.virtualFunction = selector.mdevType == nil && chance(4)
        guard chance(3), let device = pci.randomElement(using: &random) else { return selector }
        selector.virtualFunction = selector.mdevType == nil && chance(2)
        if chance(2) { return selector }
        selector.role = nil
        selector.portPath = chance(2) ? device.portPath : nil
        selector.deviceClass = device.deviceClass
        return selector
    }

    /// Groups of one to three functions, judged as an inspection would, or as if they were alone.
    private mutating func devices() -> [PCIDevice] {
        var devices: [PCIDevice] = []
        for group in 0..<Int.random(in: 0...6, using: &random) {
            let addresses = (0..<Int.random(in: 1...3, using: &random)).map { "0000:0\(group):00.\($0)" }
            let verdict: PCIDevice.Verdict = chance(4) ? .notSeparable : .pass
            let isContradictory = chance(6)
            for address in addresses {
                var device = Machine.device(
                    address, ["0300", "0403", "0200", "0108", "0c03"].randomElement(using: &random) ?? "0200",
                    group: group, with: verdict == .pass && !isContradictory ? addresses.filter { $0 != address } : [],
                    verdict)
                device.numaNode = chance(2) ? nil : Int.random(in: -1...3, using: &random)
                if chance(8) { device.gpu = GPU(role: .hostDisplay, reason: "") }
                device.physicalFunction = chance(8) ? devices.randomElement(using: &random)?.address : nil
                if chance(3) {
                    device.driver = chance(4) ? "vfio-pci" : "igb"
                    device.sriov = PCIDevice.SRIOV(total: Int.random(in: 0...10, using: &random), current: 0)
                }
                if chance(3) {
                    device.mediatedTypes = Self.types.dropFirst().map { type in
                        PCIDevice.MediatedType(
                            id: type.description, available: Int.random(in: 0...3, using: &random),
                            deviceAPI: chance(8) ? "vfio-ap" : "vfio-pci", devices: chance(8) ? [.random()] : nil)
                    }
                }
                devices.append(device)
            }
        }
        return devices
    }
}

extension RandomRequest {
    /// 64 VMs with a network card each on 128 CPUs.
    static var large: PlacementRequest {
        let cards = (0..<64).map { Machine.device("0000:\(String($0 + 16, radix: 16)):00.0", "0200", group: $0) }
        return PlacementRequest(
            cpu: Machine.cpu(cores: 32, nodes: 2, sockets: 2), memory: Machine.memory(512, nodes: 2), pci: cards,
            vms: (0..<64).map { index in
                vm(
                    "vm-\(index)", 4, VMDemand.Pinning.allCases[index % 3], gibibytes: 4...8,
                    pages: MemoryDemand.HugePages.allCases[index % 2 * 3], devices: [.init(role: .nic)])
            })
    }
}

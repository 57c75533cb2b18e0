import FleetModel
import FleetRuntime
import FleetTestSupport
import Testing

@testable import Placement

/// Documents that contradict themselves and the machine: a plan comes out, and it is no danger.
@Suite struct HostileRequestTests {
    @Test(arguments: (0..<8).map { _ in UInt64.random(in: 0...UInt64.max) })
    func everyRequestHasAPlan(seed: UInt64) throws {
        var requests = RandomRequest(random: SeededGenerator(seed: seed))
        var decoded = 0
        for round in 0..<100 {
            let mutated = JSONMutation.mutated(try FleetJSON.value(requests.next()), with: &requests.random)
            guard var request = try? FleetJSON.decode(PlacementRequest.self, from: mutated) else { continue }
            decoded += 1
            damage(&request, &requests.random)
            let plan = request.plan
            #expect(plan.vms.count == request.vms.count, "seed \(seed), round \(round)")
            #expect(
                plan.vms.allSatisfy { ($0.placement == nil) != $0.obstacles.isEmpty }, "seed \(seed), round \(round)")
            #expect(dangers(request, plan) == [], "seed \(seed), round \(round)")
            request.vms.shuffle(using: &requests.random)
            #expect(request.plan == plan, "seed \(seed), round \(round)")
        }
        #expect(decoded > 20, "seed \(seed)")
    }

    /// What JSON's numbers do not reach.
    private func damage(_ request: inout PlacementRequest, _ random: inout SeededGenerator) {
        let numbers = [Int.min, -1, 0, 1, 7, .max]
        func damaged(_ number: Int) -> Int {
            Int.random(in: 0..<8, using: &random) == 0 ? numbers.randomElement(using: &random) ?? 0 : number
        }
        for index in request.cpu.threadList.indices {
            request.cpu.threadList[index].id = damaged(request.cpu.threadList[index].id)
            request.cpu.threadList[index].core = damaged(request.cpu.threadList[index].core)
            request.cpu.threadList[index].node = request.cpu.threadList[index].node.map(damaged)
        }
        for index in request.memory.nodes.indices {
            request.memory.nodes[index].id = damaged(request.memory.nodes[index].id)
        }
        request.pci = request.pci.map { device in
            var device = device
            device.sriov = device.sriov.map {
                PCIDevice.SRIOV(total: damaged($0.total), current: damaged($0.current))
            }
            for type in device.mediatedTypes.indices {
                let available = device.mediatedTypes[type].available
                device.mediatedTypes[type].available = available.map(damaged)
            }
            return device
        }
        for index in request.vms.indices {
            request.vms[index].vcpus = damaged(request.vms[index].vcpus)
            request.vms[index].weight = request.vms[index].weight.map(damaged)
            request.vms[index].ioThreads = damaged(request.vms[index].ioThreads)
            let bytes = request.vms[index].memory.maximumBytes
            request.vms[index].memory.maximumBytes = Bool.random(using: &random) ? bytes : .max
        }
    }

    /// Of the VMs that shall start; those that run may have anything.
    private func dangers(_ request: PlacementRequest, _ plan: PlacementPlan) -> [String] {
        let running = Set(request.vms.filter { $0.running != nil }.map(\.id))
        let starting = plan.vms.filter { !running.contains($0.id) }.compactMap(\.placement)
        var found: [String] = []
        let functions = starting.flatMap(\.devices).flatMap(\.functions)
        if Set(functions).count != functions.count { found.append("a device goes twice") }
        let groups = Dictionary(request.pci.map { ($0.address, $0.iommuGroup) }) { first, _ in first }
        let ofVMs = starting.flatMap { Set($0.devices.flatMap(\.functions).compactMap { groups[$0] ?? nil }) }
        if Set(ofVMs).count != ofVMs.count { found.append("a group goes to two VMs") }
        let threads = starting.filter(\.processors.ownsCores).flatMap(\.processors.vcpus).flatMap(\.threads)
        if Set(threads).count != threads.count { found.append("a thread goes twice") }
        if !Set(threads).isDisjoint(with: plan.hostThreads.threads) { found.append("the host's core is given away") }
        let (bytes, overflow) = starting.reduce((UInt64(0), false)) { sum, placement in
            let next = sum.0.addingReportingOverflow(placement.memory.bytes)
            return (next.partialValue, sum.1 || next.overflow)
        }
        let installed = HostMemory(request.memory)?.installedBytes ?? 0
        if overflow || bytes > installed { found.append("there is not as much memory") }
        return found
    }

    @Test func aUUIDThatTwoVMsHaveIsRefused() {
        var request = Machine.request(vm("a"), vm("b"))
        request.vms[1].id = request.vms[0].id
        #expect(request.plan.vms.allSatisfy { $0.placement == nil && !$0.obstacles.isEmpty })
    }

    @Test(arguments: [
        (vm("a", 0), "0 vCPUs"), (vm("a", gibibytes: 0...0), "no memory"), (vm("a", weight: 0), "weight"),
        (vm("a", ioThreads: 65), "I/O threads"), (vm("a", .max), "this machine runs 16"),
    ])
    func demandsWithoutSenseAreRefused(demand: VMDemand, reason: String) throws {
        #expect(try #require(Machine.request(demand).plan.vms.first?.obstacles.first).reason.contains(reason))
    }

    @Test func sixtyFourVMsOnOneHundredAndTwentyEightCPUs() {
        let request = RandomRequest.large
        #expect(request.plan.vms.filter { $0.placement != nil }.count == 64)
        #expect(PlanJudge(request, request.plan).violations == [])
    }
}

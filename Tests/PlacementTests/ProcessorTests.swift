import FleetModel
import FleetTestSupport
import Testing

@testable import Placement

@Suite struct ProcessorTests {
    private typealias Topology = VMPlacement.GuestTopology

    @Test func fourVMsShareEightCoresByWeight() {
        let plan = Machine.request(
            vm("office"), vm("rockwell", 6), vm("omron", ioThreads: 2), vm("schneider", weight: 50)
        ).plan
        #expect(plan.hostThreads.description == "0,8")
        #expect(plan.pool.description == "1-7,9-15")
        for name in ["office", "rockwell", "omron", "schneider"] { #expect(plan.pins(name) == "1-7,9-15") }
        #expect(plan.vms.map { $0.placement?.processors.weight } == [400, 400, 600, 50])
        #expect(plan.placement("rockwell")?.processors.topology == Topology(cores: 6))
        #expect(plan.placement("omron")?.processors.emulator.description == "0,8")
        #expect(plan.placement("omron")?.processors.ioThreads.map(\.description) == ["0,8", "0,8"])
        #expect(plan.warnings == ["18 vCPUs float over 14 threads: under load each VM gets its share by weight."])
    }

    @Test func dedicatedVMsOwnWholeCores() {
        let plan = Machine.request(vm("a", 4, .dedicated), vm("b", 6, .dedicated), vm("c")).plan
        #expect(plan.pins("a") == "1 9 2 10")
        #expect(plan.placement("a")?.processors.topology == Topology(cores: 2, threads: 2))
        #expect(plan.pins("b") == "3 11 4 12 5 13")
        #expect(plan.pins("c") == "6-7,14-15")
        #expect(plan.placement("c")?.processors.emulator.description == "0,8")
    }

    @Test func oneToOneIsImpossibleForFourVMsOnEightCores() throws {
        let plan = Machine.request(
            vm("a", 4, .dedicated), vm("b", 6, .dedicated), vm("c", 4, .dedicated), vm("d", 4, .dedicated)
        ).plan
        #expect(plan.vms.map { $0.placement != nil } == [true, true, true, false])
        let refused = try #require(plan.vm("d")?.obstacles.first)
        #expect(refused.reason.contains("2 whole cores") && refused.reason.contains("0 are free"))
        #expect(plan.vm("d")?.nearestFix?.contains("focus") == true)
        #expect(plan.pool == plan.hostThreads && plan.warnings.isEmpty)
    }

    @Test func anOddNumberOfVCPUsLeavesAThreadIdle() throws {
        let plan = Machine.request(vm("a", 3, .dedicated), vm("b")).plan
        #expect(plan.pins("a") == "1 9 2" && plan.pins("b") == "3-7,11-15")
        #expect(plan.placement("a")?.processors.topology == Topology(cores: 3))
        #expect(try #require(plan.vm("a")?.warnings.first).contains("1 stay idle"))
    }

    @Test func hybridCoresAreNotMixed() throws {
        let cpu = Machine.hybrid(performance: 6, efficiency: 8)
        let plan = Machine.request(cpu: cpu, vm("a", 4, .dedicated), vm("b", 8, .dedicated), vm("c", 8)).plan
        #expect(plan.pins("a") == "2 3 4 5")
        let refused = try #require(plan.vm("b")?.obstacles.first)
        #expect(
            refused.reason.contains("4 whole performance cores") && refused.reason.contains("5, of which 3 are free"))
        #expect(refused.fix?.contains("at most 6 vCPUs") == true)
        #expect(plan.pins("c") == "6-19")
        #expect(plan.vm("c")?.warnings.contains { $0.contains("several kinds") } == true)
    }

    @Test func aVMIsKeptOnTheSmallestNodeThatHoldsIt() {
        let cpu = Machine.cpu(cores: 4, nodes: 2)
        let memory = Machine.memory(32, nodes: 2)
        let plan = Machine.request(cpu: cpu, memory: memory, vm("a", 6, .dedicated), vm("b", 8, .dedicated)).plan
        #expect(plan.pins("a") == "1 9 2 10 3 11" && plan.pins("b") == "4 12 5 13 6 14 7 15")
        #expect(plan.placement("a")?.memory.binding == .init(mode: .preferred, nodes: [0]))
        #expect(plan.placement("b")?.memory.binding == .init(mode: .preferred, nodes: [1]))
        #expect(plan.vms.allSatisfy { $0.warnings.isEmpty })
    }

    @Test func whatFitsOnNoNodeIsSpreadWithAWarning() throws {
        let cpu = Machine.cpu(cores: 4, nodes: 2, sockets: 2)
        let plan = Machine.request(cpu: cpu, memory: Machine.memory(32, nodes: 2), vm("a", 12, .dedicated)).plan
        #expect(plan.pins("a") == "1 9 2 10 4 12 5 13 6 14 7 15")
        // Two cores of one socket and four of the other are no even sockets.
        #expect(plan.placement("a")?.processors.topology == Topology(cores: 6, threads: 2))
        #expect(try #require(plan.vm("a")?.warnings.first).contains("nodes 0, 1"))
    }

    @Test func evenSocketsAreSeenByTheGuest() {
        let cpu = Machine.cpu(cores: 2, threads: 1, nodes: 2, sockets: 2)
        var wide = cpu
        // A core of the second socket is the host's.
        wide.threadList[0].id = 9
        wide.threadList.append(.init(id: 0, package: 1, die: 0, core: 8, node: 1))
        let plan = Machine.request(cpu: wide, memory: Machine.memory(32, nodes: 2), vm("a", 4, .dedicated)).plan
        #expect(plan.placement("a")?.processors.topology == Topology(sockets: 2, cores: 2))
    }

    @Test func memoryDecidesBetweenNodes() {
        let cpu = Machine.cpu(cores: 4, nodes: 2)
        // Eight of node 0's 12 GiB are the host's.
        let plan = Machine.request(
            cpu: cpu, memory: Machine.memory(12, nodes: 2), vm("a", 2, .dedicated, gibibytes: 8...8)
        ).plan
        #expect(plan.pins("a") == "4 12")
        #expect(plan.placement("a")?.memory.binding == .init(mode: .preferred, nodes: [1]))
    }

    @Test(
        arguments: [
            (1, 1, "0", "The machine has one core: VMs share it with the host."),
            (1, 2, "0-1", "The machine has one core"),
            (2, 1, "1", "2 vCPUs float over 1 threads"), (2, 2, "1,3", nil), (4, 1, "1-3", nil),
        ] as [(Int, Int, String, String?)])
    func smallMachines(cores: Int, threads: Int, pool: String, warning: String?) {
        let vcpus = min(2, cores * threads)
        let plan = Machine.request(cpu: Machine.cpu(cores: cores, threads: threads), vm("a", vcpus)).plan
        #expect(plan.pins("a") == pool)
        #expect(plan.hostThreads.threads.first == 0 && plan.hostThreads.threads.count == threads)
        #expect(warning.map { plan.warnings.first?.hasPrefix($0) == true } ?? plan.warnings.isEmpty, "\(plan.warnings)")
    }

    @Test func theHostsOwnCoreIsNeverGivenAway() throws {
        let plan = Machine.request(cpu: Machine.cpu(cores: 1), vm("a", 2, .dedicated)).plan
        #expect(try #require(plan.vm("a")?.obstacles.first).reason.contains("host's own"))
        let two = Machine.request(cpu: Machine.cpu(cores: 2), vm("a", 2, .dedicated), vm("b", 2)).plan
        #expect(two.pins("a") == "1 3" && two.pins("b") == "0,2")
        #expect(two.warnings.first?.hasPrefix("VMs own all cores but the host's") == true)
    }

    @Test func moreVCPUsThanThreadsAreRefused() {
        let plan = Machine.request(cpu: Machine.cpu(cores: 2), vm("a", 5)).plan
        #expect(plan.vm("a")?.nearestFix == "Give it at most 4 vCPUs.")
    }

    @Test func aVMWhoseMemoryIsOnANodeFloatsThere() {
        let cpu = Machine.cpu(cores: 4, nodes: 2)
        let plan = Machine.request(
            cpu: cpu, memory: Machine.memory(32, nodes: 2), vm("a", 4, .shared, pages: .twoMiB), vm("b")
        ).plan
        #expect(plan.pins("a") == "4-7,12-15" && plan.pins("b") == "1-7,9-15")
    }

    @Test func whatRunsKeepsItsCores() {
        let before = Machine.request(vm("a", 4, .dedicated), vm("z", 4, .dedicated))
        var request = before.started(before.plan)
        request.vms.removeFirst()
        request.vms.append(vm("b", 6, .dedicated))
        #expect(request.plan.pins("z") == before.plan.pins("z") && request.plan.pins("z") == "3 11 4 12")
        #expect(request.plan.pins("b") == "1 9 2 10 5 13")
    }

    @Test func aVMThatIsToOwnCoresGetsThemWhenItStartsAnew() throws {
        let before = Machine.request(vm("a"))
        var request = before.started(before.plan)
        request.vms[0].pinning = .dedicated
        #expect(request.plan.pins("a") == "1-7,9-15")
        #expect(try #require(request.plan.vm("a")?.warnings.first).contains("starts anew"))
    }

    @Test func twoThatRunOnOneCoreAreToldOf() {
        let before = Machine.request(vm("a", 4, .dedicated))
        var request = before.started(before.plan)
        request.vms.append(vm("b", 4, .dedicated))
        request.vms[1].running = request.vms[0].running
        #expect(request.plan.pins("b") == "1 9 2 10")
        #expect(request.plan.vm("b")?.warnings == ["Another VM runs on its cores."])
    }
}

import FleetModel
import FleetTestSupport
import Testing

@testable import Placement

@Suite struct MemoryTests {
    @Test func eightGibibytesAreTheHosts() throws {
        let plan = Machine.request(
            cpu: Machine.cpu(cores: 8), memory: Machine.memory(32), vm("a", gibibytes: 16...16),
            vm("b", gibibytes: 10...10)
        ).plan
        #expect(plan.placement("a")?.memory == .init(bytes: 16 << 30))
        let refused = try #require(plan.vm("b")?.obstacles.first)
        #expect(refused.reason.contains("8 GiB are kept for the host"))
        #expect(refused.reason.hasSuffix("and 8 GiB with the other VMs."))
        #expect(refused.fix == "Stop another VM, or give this one at most 8192 MiB.")
    }

    @Test func aRangeTakesWhatTheOthersLeave() {
        let plan = Machine.request(
            cpu: Machine.cpu(cores: 8), memory: Machine.memory(32), vm("a", gibibytes: 4...16),
            vm("b", gibibytes: 10...20)
        ).plan
        #expect(plan.placement("a")?.memory.bytes == 14 << 30 && plan.placement("b")?.memory.bytes == 10 << 30)
    }

    @Test func hugePagesAreReservedBeforeTheStart() {
        let plan = Machine.request(
            cpu: Machine.cpu(cores: 8), memory: Machine.memory(32, pages: 1024),
            vm("a", gibibytes: 8...8, pages: .twoMiB)
        ).plan
        #expect(
            plan.placement("a")?.memory
                == .init(bytes: 8 << 30, hugePages: .init(sizeBytes: 2 << 20, nodes: [.init(node: 0, count: 4096)])))
        #expect(plan.reservations == [.init(node: 0, sizeBytes: 2 << 20, count: 3072)])
        #expect(plan.warnings.isEmpty)
    }

    @Test func pagesThatMayNotBeMadeAreReservedAtBoot() {
        let memory = Machine.memory(32, pages: 1024, free: 4)
        let plan = Machine.request(
            cpu: Machine.cpu(cores: 8), memory: memory, vm("a", gibibytes: 8...8, pages: .twoMiB)
        ).plan
        #expect(plan.warnings.first?.hasSuffix("reserve them at boot: hugepagesz=2M hugepages=4096.") == true)
        let auto = Machine.request(cpu: Machine.cpu(cores: 8), memory: memory, vm("a", gibibytes: 8...8, pages: .auto))
            .plan
        #expect(auto.placement("a")?.memory == .init(bytes: 8 << 30) && auto.reservations.isEmpty)
        #expect(auto.vm("a")?.warnings == ["It has ordinary pages: there are too few huge ones of 2 MiB."])
        let small = Machine.request(cpu: Machine.cpu(cores: 8), memory: memory, vm("a", gibibytes: 6...6, pages: .auto))
            .plan
        #expect(small.placement("a")?.memory.hugePages != nil && small.warnings.isEmpty)
    }

    @Test func aShortageOfHugePagesIsExplained() throws {
        let memory = Machine.memory(32, pages: 512)
        let plan = Machine.request(
            cpu: Machine.cpu(cores: 8), memory: memory, vm("a", gibibytes: 28...28, pages: .twoMiB)
        ).plan
        let refused = try #require(plan.vm("a")?.obstacles.first)
        #expect(
            refused.reason
                == "It needs 14336 pages of 2 MiB; 512 are free on node 0, where memory permits 11776 more.")
        #expect(refused.fix == "Stop another VM, or give this one at most 24576 MiB.")
    }

    @Test func largePagesComeFromBoot() throws {
        let memory = Machine.memory(32, nodes: 2, largePages: 4)
        let there = Machine.request(
            cpu: Machine.cpu(cores: 8), memory: memory, vm("a", gibibytes: 6...6, pages: .oneGiB)
        ).plan
        #expect(
            there.placement("a")?.memory
                == .init(
                    bytes: 6 << 30,
                    hugePages: .init(sizeBytes: 1 << 30, nodes: [.init(node: 0, count: 4), .init(node: 1, count: 2)]),
                    binding: .init(mode: .strict, nodes: [0, 1])))
        #expect(there.vm("a")?.warnings.first?.contains("nodes 0, 1") == true)
        let short = Machine.request(
            cpu: Machine.cpu(cores: 8), memory: memory, vm("a", gibibytes: 12...12, pages: .oneGiB)
        ).plan
        let refused = try #require(short.vm("a")?.obstacles.first)
        #expect(refused.reason.hasPrefix("It needs 12 pages of 1 GiB; 4 are free on node 0; 4 are free on node 1."))
        #expect(refused.fix == "Reserve them at boot: hugepagesz=1024M hugepages=0:8,1:4.")
    }

    @Test func pagesAreTakenNearTheCores() {
        let cpu = Machine.cpu(cores: 4, nodes: 2)
        var memory = Machine.memory(32, nodes: 2)
        memory.nodes[1].hugePages[0].count = 8192
        let request = Machine.request(cpu: cpu, memory: memory, vm("a", 2, .dedicated, pages: .twoMiB))
        #expect(request.plan.pins("a") == "1 9")
        #expect(request.plan.placement("a")?.memory.binding == .init(mode: .strict, nodes: [0]))
        let floating = Machine.request(cpu: cpu, memory: memory, vm("a", 2, pages: .twoMiB))
        #expect(floating.plan.placement("a")?.memory.binding == .init(mode: .strict, nodes: [1]))
    }

    @Test func morePagesThanANodeHasMemoryAreNotBelieved() {
        var memory = Machine.memory(32, nodes: 2)
        memory.nodes[1].hugePages[1].count = 48
        let large = vm("a", gibibytes: 40...40, pages: .oneGiB)
        #expect(Machine.request(memory: memory, large).plan.placement("a") == nil)
    }

    @Test func pagesOfAVMThatRunsAreNotFree() {
        let memory = Machine.memory(32, largePages: 8)
        let before = Machine.request(
            cpu: Machine.cpu(cores: 8), memory: memory, vm("a", gibibytes: 6...6, pages: .oneGiB))
        var request = before.started(before.plan)
        request.vms.append(vm("b", gibibytes: 4...4, pages: .oneGiB))
        #expect(request.plan.vm("b")?.obstacles.first?.reason.contains("2 are free on node 0") == true)
        #expect(request.plan.reservations.isEmpty)
    }

    @Test func aSizeThatIsNoWholeNumberOfPagesIsRefused() {
        var odd = vm("a", pages: .oneGiB)
        odd.memory.minimumBytes = 5 << 29
        odd.memory.maximumBytes = 5 << 29
        let memory = Machine.memory(32, largePages: 8)
        #expect(
            Machine.request(cpu: Machine.cpu(cores: 8), memory: memory, odd).plan.vm("a")?.nearestFix
                == "Give it a multiple of 1024 MiB.")
        odd.memory.maximumBytes = 3 << 30
        #expect(
            Machine.request(cpu: Machine.cpu(cores: 8), memory: memory, odd).plan.placement("a")?.memory.bytes == 3
                << 30)
    }

    @Test func sizesThatTheKernelDoesNotOfferAreRefused() {
        var memory = Machine.memory(32)
        memory.nodes[0].hugePages.removeLast()
        let plan = Machine.request(cpu: Machine.cpu(cores: 8), memory: memory, vm("a", pages: .oneGiB)).plan
        #expect(plan.vm("a")?.obstacles.first?.reason.contains("no pages of 1 GiB") == true)
    }

    @Test func whatIsNotKnownIsAReason() {
        let nothing = MemoryDocument(hugePages: [])
        let plan = Machine.request(cpu: CPUDocument(isGuest: false), memory: nothing, vm("a")).plan
        #expect(plan.vm("a")?.obstacles.map(\.reason) == ["Which processors the machine has cannot be seen."])
        let blind = Machine.request(cpu: Machine.cpu(cores: 8), memory: nothing, vm("a")).plan
        #expect(blind.vm("a")?.obstacles.map(\.reason) == ["How much memory the machine has cannot be seen."])
    }
}

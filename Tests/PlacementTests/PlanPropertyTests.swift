import FleetModel
import FleetRuntime
import Testing

@testable import Placement

/// What holds for every host and every set of VMs.
@Suite struct PlanPropertyTests {
    private static let hosts = 200

    private static let found: [UInt64] = [
        // A VM took a physical function, and with it the virtual ones that it asked for as well.
        16_816_692_895_406_827_641,
        // A VM got a share of a virtual function whose physical one was a companion of another device of it.
        7_852_780_235_562_007_364, 9_902_288_747_325_906_858,
    ]

    @Test(arguments: found + (0..<16).map { _ in UInt64.random(in: 0...UInt64.max) })
    func whatHoldsForEveryHost(seed: UInt64) {
        var hosts = RandomRequest(random: SeededGenerator(seed: seed))
        for round in 0..<Self.hosts {
            var request = hosts.next()
            var plan = request.plan
            #expect(PlanJudge(request, plan).violations == [], "seed \(seed), round \(round)")
            var shuffled = request
            shuffled.vms.shuffle(using: &hosts.random)
            #expect(shuffled.plan == plan, "seed \(seed), round \(round): the order of VMs counts for nothing")
            while !plan.virtualFunctions.isEmpty {
                request = request.made(plan)
                plan = request.plan
                #expect(PlanJudge(request, plan).violations == [], "seed \(seed), round \(round)")
            }
            let started = request.started(plan)
            let again = started.plan
            #expect(
                again.vms.map(\.placement) == again.vms.map { vm in started.vms.first { $0.id == vm.id }?.running },
                "seed \(seed), round \(round): what was planned and runs is planned again")
            #expect(again.reservations.isEmpty, "seed \(seed), round \(round)")
        }
    }

    /// Who starts alone gets what was made for it.
    @Test(arguments: (0..<8).map { _ in UInt64.random(in: 0...UInt64.max) })
    func whatIsMadeForAVMIsEnoughForIt(seed: UInt64) {
        var hosts = RandomRequest(random: SeededGenerator(seed: seed))
        var tried = 0
        for round in 0..<2 * Self.hosts {
            var request = hosts.next()
            request.vms = request.vms.filter { $0.running != nil } + request.vms.filter { $0.running == nil }.prefix(1)
            guard let last = request.vms.indices.last, request.vms[last].running == nil else { continue }
            request.vms[last].memory = MemoryDemand(minimumBytes: 1 << 20, maximumBytes: 1 << 20)
            request.vms[last].pinning = .shared
            request.vms[last].vcpus = 1
            request.vms[last].devices =
                DeviceSelector.Role.allCases.randomElement(using: &hosts.random).map {
                    [DeviceSelector(role: $0, virtualFunction: true)]
                } ?? []
            let (name, plan) = (request.vms[last].name, request.plan)
            guard plan.placement(name) != nil, !plan.virtualFunctions.isEmpty else { continue }
            let after = request.made(plan).plan
            #expect(after.placement(name) != nil && after.virtualFunctions.isEmpty, "seed \(seed), round \(round)")
            tried += 1
        }
        #expect(tried > 0, "seed \(seed)")
    }

    /// Whoever does what a refusal for want of memory says gets the VM.
    @Test(arguments: (0..<8).map { _ in UInt64.random(in: 0...UInt64.max) })
    func theFixHelps(seed: UInt64) throws {
        var hosts = RandomRequest(random: SeededGenerator(seed: seed))
        var tried = 0
        for round in 0..<Self.hosts {
            let request = hosts.next()
            for vm in request.plan.vms where vm.obstacles.count == 1 {
                guard let most = vm.nearestFix?.firstMatch(of: /give this one at most (\d+) MiB/)?.1 else { continue }
                var smaller = request
                let index = try #require(request.vms.firstIndex { $0.id == vm.id })
                smaller.vms[index].memory.minimumBytes = try #require(UInt64(most)) << 20
                smaller.vms[index].memory.maximumBytes = smaller.vms[index].memory.minimumBytes
                #expect(smaller.plan.placement(vm.name) != nil, "seed \(seed), round \(round): \(vm.obstacles)")
                tried += 1
            }
        }
        #expect(tried > 0, "seed \(seed)")
    }

    /// What floats may go elsewhere, and the VMs that had the cores and get them.
    @Test(arguments: (0..<8).map { _ in UInt64.random(in: 0...UInt64.max) })
    func aChangeOfTheForegroundMovesOnlyProcessors(seed: UInt64) {
        var hosts = RandomRequest(random: SeededGenerator(seed: seed))
        for round in 0..<Self.hosts {
            var request = hosts.next()
            while !request.plan.virtualFunctions.isEmpty { request = request.made(request.plan) }
            let plan = request.plan
            var after = request.started(plan)
            after.foreground = after.vms.randomElement(using: &hosts.random)?.id
            let placed = after.vms.filter { $0.running != nil }
            after.vms = placed
            let changed = after.plan
            #expect(PlanJudge(after, changed).violations == [], "seed \(seed), round \(round)")
            for demand in placed where demand.pinning == .dedicated && demand.running?.processors.ownsCores == true {
                #expect(changed.placement(demand.name) == demand.running, "seed \(seed), round \(round)")
            }
        }
    }
}

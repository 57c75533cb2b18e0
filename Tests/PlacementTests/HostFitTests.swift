import FleetModel
import FleetRuntime
import FleetTestSupport
import Testing

@testable import Placement

@Suite struct HostFitTests {
    /// Eight cores and 64 GiB, on which these run.
    private func host(_ vms: VMDemand...) -> PlacementRequest {
        var request = Machine.request()
        request.vms = vms
        return request.started(request.plan)
    }

    @Test func whatHasRoomFits() {
        let fit = HostFit(of: vm("new", gibibytes: 8...8), in: host(vm("a", 2), vm("b", 2, gibibytes: 16...16)))
        #expect(fit == HostFit(answer: .fits))
    }

    /// The large one alone would do as well as the two small ones, and stopping one is less than stopping two.
    @Test func asFewAsPossibleHaveToStop() {
        let request = host(vm("a", gibibytes: 8...8), vm("b", gibibytes: 8...8), vm("c", gibibytes: 24...24))
        let fit = HostFit(of: vm("new", gibibytes: 32...32), in: request)
        #expect(fit.answer == .fitsAfterStops && fit.stops == ["c"])
        #expect(fit.obstacles.count == 1 && fit.nearestFix == "Stop VM c.")
        let all = HostFit(of: vm("new", gibibytes: 56...56), in: request)
        #expect(all.stops == ["a", "b", "c"] && all.nearestFix == "Stop VMs a, b, c.")
    }

    @Test func whatStoppingDoesNotHelpIsJudgedWithoutTheOthers() {
        let fit = HostFit(
            of: vm("new", 4, devices: [DeviceSelector(role: .gpu)]), in: host(vm("a", 14, .dedicated)))
        #expect(fit.answer == .doesNotFit && fit.stops.isEmpty)
        #expect(fit.obstacles.count == 1 && fit.obstacles[0].reason.contains("gpu"))
    }

    @Test func aDeviceThatAnotherHasIsFreeWhenThatStops() {
        var request = Machine.request(pci: [Machine.device("0000:01:00.0", "0300", group: 1)])
        request.vms = [vm("a", devices: [DeviceSelector(role: .gpu)]), vm("b")]
        request = request.started(request.plan)
        let fit = HostFit(of: vm("new", devices: [DeviceSelector(role: .gpu)]), in: request)
        #expect(fit.answer == .fitsAfterStops && fit.stops == ["a"])
    }

    @Test func whyItGetsNoBetterGraphicsIsTold() {
        var own = Machine.device("0000:00:02.0", "0300", group: 1, with: [], .never)
        own.gpu = GPU(role: .hostDisplay, reason: "")
        var new = vm("new")
        new.graphics = .auto
        let fit = HostFit(of: new, in: Machine.request(pci: [own]))
        #expect(fit.answer == .fits && fit.obstacles == [] && fit.nearestFix == nil)
        #expect(fit.passedOver.count == 3 && fit.passedOver[0].reason.contains("Because of 0000:00:02.0."))
        let card = Machine.device("0000:01:00.0", "0300", group: 2)
        #expect(HostFit(of: new, in: Machine.request(pci: [own, card])).passedOver == [])
        new.graphics = nil
        #expect(HostFit(of: new, in: Machine.request(pci: [own])).passedOver == [])
        new.graphics = .passthrough
        #expect(HostFit(of: new, in: Machine.request(pci: [own])).passedOver == [])
    }

    @Test(arguments: (0..<8).map { _ in UInt64.random(in: 0...UInt64.max) })
    func theAnswerIsWhatAPlanSays(seed: UInt64) throws {
        var hosts = RandomRequest(random: SeededGenerator(seed: seed))
        for round in 0..<100 {
            var request = hosts.next()
            let others = request.vms.filter { $0.running != nil }
            guard let new = request.vms.first(where: { $0.running == nil }) else { continue }
            request.vms = others
            let fit = HostFit(of: new, in: request)
            func fits(without stops: [String]) -> Bool {
                var request = request
                request.vms = others.filter { !stops.contains($0.name) } + [new]
                return request.plan.vm(new.name)?.placement != nil
            }
            let context: Comment = "seed \(seed), round \(round)"
            #expect((fit.answer == .fits) == fits(without: []), context)
            #expect((fit.answer == .doesNotFit) == !fits(without: others.map(\.name)), context)
            #expect(fit.answer != .fitsAfterStops || fits(without: fit.stops), context)
            #expect((fit.answer == .fitsAfterStops) == !fit.stops.isEmpty, context)
            #expect((fit.answer == .fits) == fit.obstacles.isEmpty, context)
        }
    }
}

import FleetModel
import FleetTestSupport
import Testing

@testable import Placement

@Suite struct FocusTests {
    private let desk = Machine.request(
        vm("office", 4, .focus), vm("rockwell", 6, .focus), vm("omron", 4, .focus), vm("schneider", 4, .focus))

    private func request(foreground name: String, after former: PlacementRequest? = nil) -> PlacementRequest {
        var request = former ?? desk
        request.foreground = request.vms.first { $0.name == name }?.id
        return request
    }

    @Test func allFloatWhileNoneIsInTheForeground() {
        #expect(desk.plan.vms.allSatisfy { desk.plan.pins($0.name) == "1-7,9-15" && $0.warnings.isEmpty })
    }

    @Test func theOneInTheForegroundHasWholeCores() {
        let plan = request(foreground: "rockwell").plan
        #expect(plan.pins("rockwell") == "1 9 2 10 3 11")
        for name in ["office", "omron", "schneider"] { #expect(plan.pins(name) == "4-7,12-15") }
    }

    @Test func aChangeOfTheForegroundChangesOnlyWhatFloats() throws {
        var dedicated = request(foreground: "rockwell")
        dedicated.vms.append(vm("plc", 2, .dedicated))
        let before = dedicated.plan
        let after = request(foreground: "office", after: dedicated.started(before)).plan
        #expect(before.pins("plc") == "1 9" && before.pins("rockwell") == "2 10 3 11 4 12")
        #expect(after.pins("office") == "2 10 3 11" && after.pins("rockwell") == "4-7,12-15")
        for vm in before.vms {
            let (old, new) = (try #require(vm.placement), try #require(after.placement(vm.name)))
            #expect(old.memory == new.memory && old.processors.topology == new.processors.topology)
            #expect(vm.name != "plc" || old == new)
        }
        // As the guest's topology stays, it is made for whole cores from the start.
        #expect(after.placement("omron")?.processors.topology == .init(cores: 2, threads: 2))
    }

    @Test func itKeepsItsCoresWhenOthersBecomeFree() {
        var request = self.request(foreground: "office")
        request.vms.append(vm("plc", 2, .dedicated))
        request = request.started(request.plan)
        request.vms.removeLast()
        #expect(request.plan.pins("office") == "2 10 3 11")
        #expect(request.plan.pins("omron") == "1,4-7,9,12-15")
    }

    @Test func aDedicatedVMThatStartsMovesIt() {
        var request = self.request(foreground: "office")
        request = request.started(request.plan)
        request.vms.append(vm("plc", 12, .dedicated))
        #expect(request.plan.pins("plc") == "1 9 2 10 3 11 4 12 5 13 6 14")
        #expect(request.plan.pins("office") == "7,15")
        #expect(request.plan.vm("office")?.warnings.first?.contains("too few whole cores") == true)
    }

    @Test func theOthersKeepACore() {
        let full = Machine.request(foreground: "a", vm("a", 14, .focus), vm("b", 2))
        #expect(full.plan.pins("a") == "1-7,9-15" && full.plan.pins("b") == "1-7,9-15")
        #expect(Machine.request(foreground: "a", vm("a", 14, .focus)).plan.placement("a")?.processors.ownsCores == true)
    }

    @Test func onHybridMachinesItGetsPerformanceCores() {
        let cpu = Machine.hybrid(performance: 4, efficiency: 8)
        let plan = Machine.request(cpu: cpu, foreground: "b", vm("a"), vm("b", 6, .focus)).plan
        #expect(plan.pins("b") == "2 3 4 5 6 7" && plan.pins("a") == "8-15")
    }

    @Test func otherPoliciesAndUnknownVMsChangeNothing() {
        var request = Machine.request(foreground: "a", vm("a"), vm("b", 4, .dedicated))
        let plan = request.plan
        #expect(plan.placement("a")?.processors.ownsCores == false)
        request.foreground = .random()
        #expect(request.plan == plan)
    }
}

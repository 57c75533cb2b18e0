import FleetModel
import HostPower
import Hypervisor
import Provisioning
import Testing

@testable import FleetAgent

@Suite struct PowerPlanTests {
    /// One of virtfleet's own VMs.
    static func domain(
        _ name: String, _ state: VMDocument.State = .running, gibibytes: UInt64 = 1,
        power: HostPowerPolicy = HostPowerPolicy()
    ) -> Domain {
        let job = JobID.random()
        let id = CloneIdentity(job: job).vm
        return Domain(
            id: id, name: name, state: state, memoryBytes: gibibytes << 30, vcpus: 1,
            origin: VMDocument.Origin(
                job: job, template: Digest(String(repeating: "ab", count: 32))!, profile: "p"),
            demand: VMDemand(
                id: id, name: name, vcpus: 1, memory: MemoryDemand(minimumBytes: 1, maximumBytes: 1)), power: power)
    }

    private func actions(
        _ occasion: HostPower.Occasion, _ domains: [Domain], sparing spared: Set<VMID> = [], seconds: Int = 3600
    ) -> [String: PowerPlan.Action] {
        let plan = PowerPlan(occasion, domains, sparing: spared, within: .seconds(seconds))
        return Dictionary(
            uniqueKeysWithValues: domains.compactMap { domain in plan.actions[domain.id].map { (domain.name, $0) } })
    }

    @Test func eachVMHasWhatItsProfileSays() {
        let domains = HostPowerPolicy.SleepAction.allCases.flatMap { sleep in
            HostPowerPolicy.ShutdownAction.allCases.map { shutdown in
                Self.domain(
                    "\(sleep)-\(shutdown)", power: HostPowerPolicy(onSleep: sleep, onShutdown: shutdown))
            }
        }
        #expect(
            actions(.sleep, domains) == [
                "pause-shutdown": .pause, "pause-save": .pause, "save-shutdown": .save, "save-save": .save,
                "shutdown-shutdown": .shutdown, "shutdown-save": .shutdown,
            ])
        #expect(
            actions(.shutdown, domains) == [
                "pause-shutdown": .shutdown, "pause-save": .save, "save-shutdown": .shutdown, "save-save": .save,
                "shutdown-shutdown": .shutdown, "shutdown-save": .save, "ignore-shutdown": .shutdown,
                "ignore-save": .save,
            ])
    }

    @Test func aPolicyTakesTheProfilesPlaceAndTheFirstByNameCounts() {
        let domains = [
            Self.domain("one", power: HostPowerPolicy(onSleep: .shutdown)),
            Self.domain("two", power: HostPowerPolicy(onSleep: .shutdown)),
        ]
        func policy(_ name: String, _ action: HostPowerPolicy.SleepAction, vms: [String]?) -> PowerPolicy {
            PowerPolicy(name: ResourceName(name)!, vms: vms, power: HostPowerPolicy(onSleep: action, onShutdown: .save))
        }
        func actions(_ occasion: HostPower.Occasion, _ policies: [PowerPolicy]) -> [PowerPlan.Action?] {
            let plan = PowerPlan(occasion, domains, by: policies, sparing: [], within: .seconds(3600))
            return domains.map { plan.actions[$0.id] }
        }
        #expect(actions(.sleep, []) == [.shutdown, .shutdown])
        #expect(actions(.sleep, [policy("a", .save, vms: ["one"])]) == [.save, .shutdown])
        #expect(actions(.shutdown, [policy("a", .save, vms: ["one"])]) == [.save, .shutdown])
        let both = [policy("b", .save, vms: nil), policy("a", .ignore, vms: ["one"])]
        #expect(actions(.sleep, both) == [nil, .save])
    }

    @Test func onlyWhatRunsAndIsOursAndNobodyIsWorkingOnIsTouched() {
        var foreign = Self.domain("foreign")
        foreign.origin = nil
        var copy = Self.domain("copy")
        copy.id = .random()
        let busy = Self.domain("busy")
        let states: [VMDocument.State] = [.paused, .shutoff, .shutdown, .crashed, .pmSuspended]
        let domains = [Self.domain("ours"), busy, foreign, copy] + states.map { Self.domain($0.rawValue, $0) }
        #expect(actions(.sleep, domains, sparing: [busy.id]) == ["ours": .pause])
        #expect(actions(.shutdown, domains, sparing: [busy.id]) == ["ours": .shutdown])
    }

    @Test func asManyAreSavedAsThereIsTimeForAndTheOthersAreNamed() {
        let policy = HostPowerPolicy(onSleep: .save, onShutdown: .save)
        let domains = [
            Self.domain("large", gibibytes: 8, power: policy), Self.domain("small", gibibytes: 1, power: policy),
            Self.domain("middle", gibibytes: 2, power: policy),
        ]
        // 100 MiB/s: 1 GiB takes 10.24 s, both small ones 30.72, all together 112.64.
        #expect(actions(.sleep, domains, seconds: 3) == ["large": .pause, "small": .pause, "middle": .pause])
        #expect(actions(.sleep, domains, seconds: 11) == ["large": .pause, "small": .save, "middle": .pause])
        #expect(actions(.sleep, domains, seconds: 31) == ["large": .pause, "small": .save, "middle": .save])
        #expect(actions(.shutdown, domains, seconds: 31) == ["large": .shutdown, "small": .save, "middle": .save])
        #expect(actions(.sleep, domains, seconds: 113) == ["large": .save, "small": .save, "middle": .save])
        let plan = PowerPlan(.sleep, domains, sparing: [], within: .seconds(31))
        #expect(plan.unsaved.map(\.name) == ["large"])
        #expect(abs(plan.saving - 112.64 / 31) < 0.001, "so many times the delay would do")
    }
}

import FleetModel
import FoundationEssentials
import Testing

@testable import Provisioning

@Suite struct PolicyPlannerTests {
    private let planner = PolicyPlanner(host: World.hostID)
    private let now = Date(timeIntervalSince1970: 1_790_000_000)
    private let vms = [
        PolicyPlanner.VM(id: .random(), name: "office-ada", profile: "office"),
        PolicyPlanner.VM(id: .random(), name: "plc-ada", profile: "rockwell"),
    ]

    private func policy(_ offsets: Double..., change: (inout SnapshotPolicy) -> Void = { _ in }) -> SnapshotPolicy {
        var policy = SnapshotPolicy(
            name: ResourceName("nightly")!, times: offsets.map { now + $0 }, graceSeconds: 3600,
            keep: SnapshotRetention(last: 1))
        change(&policy)
        return policy
    }

    @Test func nothingIsDueBeforeItsTime() {
        #expect(planner.snapshots(by: [policy(1, 100)], of: vms, at: now).isEmpty)
        #expect(planner.nextTime(of: [policy(-5, 30, 100), policy(20)], after: now) == now + 20)
        #expect(planner.nextTime(of: [policy(-5)], after: now) == nil)
    }

    @Test func eachVMIsAskedForOnce() throws {
        let due = planner.snapshots(by: [policy(-10)], of: vms, at: now)
        #expect(due.count == 2 && Set(due.map(\.job.id)).count == 2)
        #expect(due.map(\.job.notBefore) == [nil, nil])
        #expect(due.allSatisfy { $0.job.expiresAt == now + 3590 && $0.job.requirements.isEmpty })
        let arguments = try FleetJSON.decode(SnapshotCreateArguments.self, from: due[0].job.arguments)
        #expect(arguments.vm == vms[0].id && arguments.policy == ResourceName("nightly") && arguments.memory == nil)
        #expect(arguments.name.description == "nightly-20260921-1413")
        // Whoever looks again, and when, asks for the same.
        let later = planner.snapshots(by: [policy(-10)], of: vms.reversed(), at: now + 60)
        #expect(Set(later.map(\.job.id)) == Set(due.map(\.job.id)))
        #expect(
            PolicyPlanner(host: .random()).snapshots(by: [policy(-10)], of: vms, at: now)[0].job.id != due[0].job.id)
    }

    @Test func ofSeveralMissedTimesTheLastCountsWithinItsGraceAndNotAtOnce() throws {
        let due = planner.snapshots(by: [policy(-7200, -3000, -2400)], of: [vms[0]], at: now)
        #expect(due.count == 1)
        let start = try #require(due[0].job.notBefore)
        #expect(start >= now && start <= now + 300, "a quarter of what is left of the grace")
        #expect(due[0].job.expiresAt == now + 1200)
        #expect(planner.snapshots(by: [policy(-7200, -3601)], of: vms, at: now).isEmpty)
    }

    @Test func onlyTheVMsThatItIsAboutAreAskedFor() {
        func names(_ change: (inout SnapshotPolicy) -> Void) -> [VMID?] {
            planner.snapshots(by: [policy(-1, change: change)], of: vms, at: now).map {
                try? FleetJSON.decode(SnapshotCreateArguments.self, from: $0.job.arguments).vm
            }
        }
        #expect(names { $0.profiles = [ResourceName("rockwell")!] } == [vms[1].id])
        #expect(names { $0.vms = ["office-ada"] } == [vms[0].id])
        #expect(names { ($0.profiles, $0.vms) = ([ResourceName("rockwell")!], ["office-ada"]) } == [])
    }

    @Test func freeSpaceAndMemoryAreAsThePolicySays() throws {
        let due = planner.snapshots(
            by: [policy(-1) { ($0.minimumFreeMiB, $0.memory) = (2048, true) }], of: [vms[0]], at: now)
        #expect(due[0].job.requirements == ["disk=2048"])
        #expect(try FleetJSON.decode(SnapshotCreateArguments.self, from: due[0].job.arguments).memory == true)
    }

    @Test func whatIsNotKeptIsDeletedOnceADay() {
        func made(_ hours: Double, _ policy: String?) -> VMSnapshot {
            VMSnapshot(
                id: World.jobID(Int(hours)), name: ResourceName("s\(Int(hours))")!, createdAt: now - hours * 3600,
                consistency: .app, policy: policy.flatMap { ResourceName($0) }, sizeBytes: 1)
        }
        let snapshots = [made(1, "nightly"), made(2, "nightly"), made(3, "other"), made(4, nil)]
        let due = planner.deletions(by: [policy()], of: vms[0], snapshots, at: now)
        #expect(due.count == 1)
        #expect(
            try! FleetJSON.decode(SnapshotArguments.self, from: due[0].job.arguments)
                == SnapshotArguments(vm: vms[0].id, snapshot: World.jobID(2)))
        #expect(planner.deletions(by: [policy()], of: vms[0], snapshots, at: now + 60)[0].job.id == due[0].job.id)
        #expect(planner.deletions(by: [policy()], of: vms[0], snapshots, at: now + 86_400)[0].job.id != due[0].job.id)
        let elsewhere = policy { $0.profiles = [ResourceName("rockwell")!] }
        #expect(planner.deletions(by: [elsewhere], of: vms[0], snapshots, at: now).isEmpty)
    }
}

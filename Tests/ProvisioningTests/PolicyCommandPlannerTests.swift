import FleetModel
import FoundationEssentials
import Testing

@testable import Provisioning

@Suite struct PolicyCommandPlannerTests {
    private let planner = PolicyPlanner(host: World.hostID)
    private let now = Date(timeIntervalSince1970: 1_790_000_000)
    private let vms = [
        PolicyPlanner.VM(id: .random(), name: "office-ada", profile: "office"),
        PolicyPlanner.VM(id: .random(), name: "plc-ada", profile: "rockwell", isRunning: false),
    ]

    private func policy(_ offsets: Double..., command: String = "update") -> GuestCommandPolicy {
        GuestCommandPolicy(
            name: ResourceName("patches")!, times: offsets.map { now + $0 }, graceSeconds: 3600,
            requirements: ["user"], command: ResourceName(command)!)
    }

    @Test func guestsThatRunAreAskedOnceEachTime() throws {
        #expect(planner.guestCommands(by: [policy(1)], of: vms, at: now).isEmpty)
        let due = planner.guestCommands(by: [policy(-10, 300)], of: vms, at: now)
        let job = try #require(due.first?.job)
        #expect(due.count == 1 && job.kind == "guest.exec" && job.requirements == ["user"])
        #expect(job.notBefore == nil && job.expiresAt == now + 300, "then it is the next time's")
        #expect(
            try FleetJSON.decode(ExecArguments.self, from: job.arguments)
                == ExecArguments(vm: vms[0].id, command: ResourceName("update")!))
        #expect(planner.guestCommands(by: [policy(-10, 300)], of: vms, at: now + 60) == due)
        #expect(planner.guestCommands(by: [policy(-10, 300)], of: vms, at: now + 300)[0].job.id != job.id)
        // What was run at a time is not run again by another name.
        #expect(planner.guestCommands(by: [policy(-10, command: "other")], of: vms, at: now)[0].job.id == job.id)
    }

    @Test func aGuestThatIsStartedWithinTheGraceGetsItsTurn() throws {
        var started = vms
        started[1].isRunning = true
        let due = planner.guestCommands(by: [policy(-1200)], of: started, at: now)
        #expect(due.count == 2)
        let start = try #require(due[1].job.notBefore)
        #expect(start >= now && start <= now + 600)
        #expect(planner.guestCommands(by: [policy(-3600)], of: started, at: now).isEmpty)
        #expect(planner.nextLook(by: [policy(-1200)], at: now) == now + 60)
        #expect(planner.nextLook(by: [policy(-3600, 1)], at: now) == nil)
    }

    @Test func aSnapshotOfTheSamePolicyAtTheSameTimeIsAnotherJob() {
        let snapshots = SnapshotPolicy(
            name: ResourceName("patches")!, times: [now - 10], graceSeconds: 60, keep: SnapshotRetention(last: 1))
        let ids = [
            planner.snapshots(by: [snapshots], of: [vms[0]], at: now),
            planner.guestCommands(by: [policy(-10)], of: vms, at: now),
        ].flatMap { $0.map(\.job.id) }
        #expect(ids.count == 2 && Set(ids).count == 2)
    }
}

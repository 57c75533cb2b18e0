import FleetModel
import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import Hypervisor
@testable import Provisioning
import Testing

/// A new version of the template under the same VM.
@Suite struct UpdateTests {
    @Test(arguments: [true, false])
    func theSystemIsNewAndTheRestStays(running: Bool) async throws {
        let vm = try await prepared(running: running)
        let before = try await vm.hypervisor().domain(SnapshotWorld.vm)
        try await vm.run(vm.update(2, guest: 60))
        #expect(vm.outcome(2)?.state == .succeeded, "\(vm.outcome(2)?.message ?? "")")
        try await expectUpdated(vm)
        let after = try await vm.hypervisor().domain(SnapshotWorld.vm)
        #expect(after.genID == before.genID && after.macAddresses == before.macAddresses)

        // What was before can be had again, the data of that time too.
        try await vm.write(9, block: 0, to: "sdb")
        try await vm.run(vm.revert(3, to: 2))
        #expect(vm.outcome(3)?.state == .succeeded, "\(vm.outcome(3)?.message ?? "")")
        try await expectAsBefore(vm, running: true)
        // And given up.
        try await vm.run(vm.deletion(4, of: 2))
        #expect(vm.outcome(4)?.state == .succeeded, "\(vm.outcome(4)?.message ?? "")")
        try await expectAsBefore(vm, running: true)
    }

    @Test func givingUpWhatWasBeforeKeepsTheNewSystem() async throws {
        let vm = try await prepared(running: true)
        try await vm.run(vm.update(2))
        try await vm.run(vm.deletion(3, of: 2))
        #expect(vm.outcome(3)?.state == .succeeded, "\(vm.outcome(3)?.message ?? "")")
        #expect(try await vm.holds([0], in: vm.active()))
        #expect(try await vm.holds([7], in: vm.active("sdb")))
        #expect(!DurableFile.exists(vm.directory.disk))
        #expect(try await vm.active("sdb") == vm.directory.data)
    }

    @Test func oneThatIsLeftOffHasNotBeenSeenToBoot() async throws {
        let vm = try await prepared(running: true)
        try await vm.run(vm.update(2, start: false, guest: 60))
        #expect(vm.outcome(2)?.state == .succeeded)
        #expect(vm.outcome(2)?.message?.contains("nobody has seen the new system boot") == true)
        #expect(try await vm.hypervisor().domain(SnapshotWorld.vm).state == .shutoff)
    }

    @Test func aSystemThatDoesNotAnswerIsTakenBack() async throws {
        let vm = try await prepared(running: true)
        try await vm.run(vm.update(2, guest: 1)) { hypervisor in
            hypervisor.setGuest(InMemoryHypervisor.Guest(agentAnswers: false), of: SnapshotWorld.vm)
        }
        #expect(vm.outcome(2)?.state == .rolledBack)
        #expect(vm.outcome(2)?.reason == "no-guest-agent")
        try await expectAsBefore(vm, running: true)
    }

    @Test func whatWasBeforeExpiresWhenTheProfileSaysSo() async throws {
        var profile = SnapshotWorld.profile
        profile.keepOldSystemDays = 14
        let vm = try await SnapshotWorld(running: false, profile: profile)
        try await vm.run(vm.update(2, start: false))
        let snapshot = try #require(try await vm.snapshots().first)
        #expect(snapshot.expiresAt == snapshot.createdAt.addingTimeInterval(14 * 86_400))
        let other = try await SnapshotWorld(running: false)
        try await other.run(other.update(2, start: false))
        #expect(try await other.snapshots().map(\.expiresAt) == [nil])
    }

    @Test func aGuestThatDoesNotShutDownIsLeftAlone() async throws {
        let vm = try await prepared(running: true)
        let life = try await vm.run(vm.update(2, shutdown: 1)) { hypervisor in
            hypervisor.setGuest(InMemoryHypervisor.Guest(obeysShutdown: false), of: SnapshotWorld.vm)
        }
        #expect(vm.outcome(2)?.state == .rolledBack)
        #expect(vm.outcome(2)?.reason == "timeout")
        #expect(life.hypervisor.calls(of: .destroy) == 0 && life.hypervisor.calls(of: .start) == 0)
        try await expectAsBefore(vm, running: true)
    }

    @Test func whatCannotBeUpdatedIsRefused() async throws {
        let vm = try await prepared(running: true)
        try await vm.run(vm.update(2))
        try await vm.run(vm.update(3))
        #expect(vm.outcome(3)?.state == .rejected)
        #expect(vm.outcome(3)?.reason == "name-exists")
        try await vm.run(vm.deletion(4, of: 2))
        try await vm.run(vm.update(5))
        #expect(vm.outcome(5)?.state == .rejected)
        #expect(vm.outcome(5)?.reason == "up-to-date")
    }

    @Test func everyCrashEndsWithTheNewSystem() async throws {
        let undisturbed = try await prepared(running: true)
        let points = try await undisturbed.run(undisturbed.update(2, guest: 60)).points()
        #expect(points.count == 9 * 3 + 4)
        for point in points {
            let vm = try await prepared(running: true)
            try await crash(vm, at: point, guest: 60)
            try await Life(vm.world).finish(World.jobID(2))
            #expect(vm.outcome(2)?.state == .succeeded, "\(point): \(vm.outcome(2)?.message ?? "")")
            try await expectUpdated(vm, "\(point)")
        }
    }

    @Test func everyCrashOfAnUpdateThatIsTakenBackLosesNothing() async throws {
        let isSilent: @Sendable (InMemoryHypervisor) -> Void = { hypervisor in
            hypervisor.setGuest(InMemoryHypervisor.Guest(agentAnswers: false), of: SnapshotWorld.vm)
        }
        let undisturbed = try await prepared(running: true)
        let points = try await undisturbed.run(undisturbed.update(2, guest: 1), configure: isSilent).points()
        #expect(points.contains { $0.moment == .afterUndo })
        // Until the guest is waited for it is as with one that answers. All beside each other: each waits a second.
        try await withThrowingDiscardingTaskGroup { group in
            for point in points.drop(while: { $0.step != "guest" }) {
                group.addTask {
                    let vm = try await prepared(running: true)
                    try await crash(vm, at: point, guest: 1, configure: isSilent)
                    try await Life(vm.world, configure: isSilent).finish(World.jobID(2))
                    #expect(vm.outcome(2)?.state == .rolledBack, "\(point): \(vm.outcome(2)?.message ?? "")")
                    try await expectAsBefore(vm, running: true, "\(point)")
                }
            }
        }
    }

    // Helpers

    /// A VM whose system disk begins with 1s, whose data disk with 7s.
    private func prepared(running: Bool) async throws -> SnapshotWorld {
        let vm = try await SnapshotWorld(running: running, dataDisk: true)
        try await vm.write(7, block: 0, to: "sdb")
        try await vm.write(1, block: 0)
        return vm
    }

    private func crash(
        _ vm: SnapshotWorld, at point: FaultPoint, guest: Int,
        configure: @escaping @Sendable (InMemoryHypervisor) -> Void = { _ in }
    ) async throws {
        let life = try await Life(vm.world, configure: configure, crashAt: { $0 == point })
        try await life.receive(vm.update(2, guest: guest))
        #expect(try await life.crashed(), "\(point)")
    }

    private func expectUpdated(_ vm: SnapshotWorld, _ comment: Comment? = nil) async throws {
        let domain = try await vm.hypervisor().domain(SnapshotWorld.vm)
        #expect(domain.state == .running, comment)
        #expect(domain.origin?.template == vm.world.nextImage.digest, comment)
        #expect(domain.origin?.job == World.jobID(1), comment)
        #expect(try await vm.active() == vm.layer(2), comment)
        let chain = try await DiskLayer.chain(of: vm.layer(2)).map(\.filename)
        #expect(chain == [vm.layer(2), vm.world.directory.file("images/\(vm.world.nextImage.digest)")], comment)
        #expect(try await vm.holds([7], in: vm.active("sdb")), comment)
        #expect(try await vm.holds([1], in: vm.directory.disk), comment)
        #expect(vm.text(vm.variables) == "changed by 1", comment)
        let snapshots = try await vm.snapshots()
        #expect(snapshots.map(\.name) == [ResourceName("before-2")], comment)
        #expect(snapshots.map(\.policy) == [UpdateVM.policy] && snapshots.map(\.consistency) == [.off], comment)
    }

    private func expectAsBefore(_ vm: SnapshotWorld, running: Bool, _ comment: Comment? = nil) async throws {
        let domain = try await vm.hypervisor().domain(SnapshotWorld.vm)
        #expect(domain.state == (running ? .running : .shutoff), comment)
        #expect(domain.origin?.template == vm.world.image.digest, comment)
        #expect(try await vm.holds([1], in: vm.active()), comment)
        #expect(try await vm.holds([7], in: vm.active("sdb")), comment)
        #expect(vm.text(vm.variables) == "changed by 1", comment)
    }
}

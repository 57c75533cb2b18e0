import FleetModel
import FleetTestSupport
import Foundation
import Testing

/// Snapshots as an operator has them: the CLI, the controller, the bus, the agent, libvirt and a guest that boots.
@Suite struct SnapshotSystemTests {
    @Test func anOperatorKeepsAVMAndGoesBack() async throws {
        let site = try await OneHost()
        try await site.virtfleet("vm", "clone", "tiny:1", "office", "--host", "ada", "--profile", "tiny", "--wait")
        let vm = try #require(try await site.vm("office"))
        let guest = GuestShell(uri: site.libvirt.uri, name: "office")
        let tpm = "\(site.libvirt.tpmStates)/\(vm.id)/tpm2/tpm2-00.permall"

        try await guest.write(1)
        try await site.virtfleet("snapshot", "create", "office", "clean", "--wait")
        let state = try await site.untilSnapshots(["clean"])
        #expect(state[0].isCurrent)
        #expect([.app, .crash].contains(state[0].consistency))
        let list = try await site.virtfleet("snapshot", "list", "office")
        #expect(list.contains("clean") && list.contains("current"), "\(list)")
        let kept =
            "\(site.agent.statePath)/images/vms/\(vm.origin!.job)/snapshots/\(state[0].id)/tpm/tpm2/tpm2-00.permall"
        #expect(try Data(contentsOf: URL(filePath: kept)).count > 0)

        // By a policy, twice; while it runs the guest writes on.
        for number in 2...3 {
            try await guest.write(number)
            try await site.virtfleet("snapshot", "create", "office", "n\(number)", "--policy", "nightly", "--wait")
        }
        try await guest.write(4)
        _ = try await site.untilSnapshots(["clean", "n2", "n3"])
        try await site.virtfleet("snapshot", "prune", "office", "--policy", "nightly", "--keep", "1", "--yes", "--wait")
        _ = try await site.untilSnapshots(["clean", "n3"])
        #expect(try await guest.read() == 4)

        let asked = try await site.controller.virtfleet(["snapshot", "revert", "office", "clean"])
        #expect(asked.status == 2)
        #expect(asked.errorText.contains("What the VM has done since snapshot 'n3' is lost."), "\(asked.errorText)")
        try await site.virtfleet("snapshot", "revert", "office", "clean", "--yes", "--wait")
        try await guest.untilItAnswers()
        #expect(try await guest.read() == 1)
        #expect(FileManager.default.fileExists(atPath: tpm))
        let reverted = try #require(try await site.vm("office"))
        #expect(reverted.id == vm.id && reverted.macAddresses == vm.macAddresses)
        #expect(reverted.genID != vm.genID)

        try await site.virtfleet("snapshot", "pin", "office", "clean", "--wait")
        let pinned = try await site.controller.virtfleet(["snapshot", "delete", "office", "clean", "--yes", "--wait"])
        #expect(pinned.status == 1)
        #expect((pinned.text + pinned.errorText).contains("pinned"))

        try await site.virtfleet("vm", "delete", "office", "--yes", "--wait")
        #expect(try FileManager.default.contentsOfDirectory(atPath: site.agent.statePath + "/images/vms") == [])
        await site.close()
    }
}

extension OneHost {
    /// Waits until the controller knows the VM `office` to have these snapshots, and nothing is half done.
    fileprivate func untilSnapshots(_ names: [String]) async throws -> [VMSnapshot] {
        try await agent.program.until("the controller knows the snapshots \(names)") {
            try await vm("office")?.snapshots?.map(\.name.description) == names
        }
        return try #require(try await vm("office")?.snapshots)
    }
}

import FleetModel
import FleetTestSupport
import Foundation
import Subprocess
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

    /// Two layers put over ours by hand, with libvirt's own tool.
    @Test func snapshotsOfAPersonAreShownAndLeftAlone() async throws {
        let site = try await OneHost()
        try await site.virtfleet("vm", "clone", "tiny:1", "office", "--host", "ada", "--profile", "tiny", "--wait")
        let guest = GuestShell(uri: site.libvirt.uri, name: "office")
        func virsh(_ arguments: String...) async throws -> String {
            try await Subprocess.run("virsh", ["-c", site.libvirt.uri] + arguments).successful().text
        }
        try await guest.write(1)
        try await site.virtfleet("snapshot", "create", "office", "clean", "--wait")
        for (number, name) in [(2, "theirs"), (3, "newer")] {
            _ = try await virsh("snapshot-create-as", "office", name, "--disk-only", "--atomic")
            try await guest.write(number)
        }
        func theirs() async throws -> [String] {
            try await [virsh("snapshot-list", "office", "--tree"), virsh("domblklist", "office")]
        }
        let before = try await theirs()
        for command in [
            ["snapshot", "delete", "office", "clean"], ["snapshot", "revert", "office", "clean"],
            ["vm", "delete", "office"],
        ] {
            let refused = try await site.controller.virtfleet(command + ["--yes", "--wait"])
            #expect(refused.status == 1, "\(command)")
            let said = refused.text + refused.errorText
            #expect(said.contains("(newer, theirs)") && said.contains("virsh snapshot-delete"), "\(said)")
        }
        #expect(try await theirs() == before)
        #expect(try await guest.read() == 3)
        try await site.agent.program.until("the controller knows them") {
            let list = try await site.virtfleet("snapshot", "list", "office")
            return list.contains("clean") && list.contains(/theirs .*made by others/)
                && list.contains(/newer .*made by others/)
        }
        try await site.virtfleet("vm", "stop", "office", "--wait")
        try await site.virtfleet("vm", "start", "office", "--wait")
        try await guest.untilItAnswers()
        #expect(try await guest.read() == 3)
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

import FleetModel
import FleetTestSupport
import Foundation
import Testing

/// What becomes of a VM where no libvirtd is, and libvirt's QEMU driver works inside the agent (`qemu:///embed`).
@Suite struct EmbeddedDriverSystemTests {
    /// All through the agent, which alone can ask that driver; the guest's commands are its profile's.
    private static let profile = """
        guestAgentTimeoutSeconds: 300
        guestCommands:
          - name: write
            path: /bin/sh
            arguments: [-c, 'printf %04d $0 | dd of=/dev/sda bs=512 seek=40960 conv=notrunc,fsync']
            takesArguments: true
          - name: read
            path: /bin/sh
            arguments: [-c, 'echo 3 >/proc/sys/vm/drop_caches; dd if=/dev/sda bs=512 skip=40960 count=1 | head -c 4']

        """

    @Test func aVMLivesItsLifeInsideTheAgentsProcess() async throws {
        let root = try TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: root.file("cache/qemu"), withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: root.file("cache/qemu/capabilities"), withDestinationPath: try PrivateLibvirt.capabilities())
        let controller = try await ControllerUnderTest()
        let agent = try await AgentUnderTest(
            "ada", of: controller, libvirt: "qemu:///embed?root=\(root.path)", profiles: ["spoken": Self.profile])
        try await agent.start()

        @discardableResult
        func virtfleet(_ command: String) async throws -> String {
            let output = try await controller.virtfleet(command.split(separator: " ").map(String.init))
            guard output.status == 0 else {
                throw ProgramUnderTest.Failure(
                    "virtfleet \(command) ended with \(output.status): \(output.errorText)\n\(agent.program.log)")
            }
            return output.text
        }
        func write(_ number: Int) async throws { try await virtfleet("vm exec office write --wait -- \(number)") }
        func vm() async throws -> VMDocument? { try await controller.client.vms().first?.vm }
        func expect(_ number: String, _ comment: Comment) async throws {
            var said: String?
            try await agent.program.until("the guest answers (\(comment))", within: .seconds(300)) {
                guard try await vm()?.guestAgent == true else { return false }
                said = try? await virtfleet("vm exec office read --wait")
                // What fails between a reset and the news of it; each try is a job, of which a host begins 120 an hour.
                if said == nil { try await Task.sleep(for: .seconds(5)) }
                return said != nil
            }
            #expect(said?.contains(number) == true, comment)
        }
        let next = agent.directory.file("next.qcow2")
        try GuestImage.copy(to: next)
        try await GuestImage.write(7777, to: next)
        try await virtfleet("template import \(GuestImage.path) --name tiny --version 1")
        try await virtfleet("template import \(next) --name tiny --version 2")

        try await virtfleet("vm clone tiny:1 office --host ada --profile spoken --wait")
        let clone = try #require(try await vm())
        try await write(1)
        try await virtfleet("snapshot create office clean --wait")
        try await write(2)
        try await virtfleet("snapshot create office later --memory --wait")
        try await virtfleet("vm suspend office --wait")
        try await virtfleet("vm resume office --wait")
        try await expect("0002", "suspended and resumed")

        try await virtfleet("snapshot revert office clean --yes --wait")
        try await expect("0001", "reverted")
        try await virtfleet("vm update office tiny:2 --yes --wait")
        try await expect("7777", "updated")
        let updated = try #require(try await vm())
        #expect(updated.id == clone.id && updated.macAddresses == clone.macAddresses)
        try await virtfleet("snapshot delete office later --yes --wait")
        try await virtfleet("vm reboot office --force --wait")
        try await expect("7777", "rebooted")

        try await virtfleet("vm stop office --force --wait")
        try await virtfleet("vm resize office --memory 320 --wait")
        try await virtfleet("vm rename office desk --wait")
        try await agent.program.until("the controller knows its name") { try await vm()?.name == "desk" }
        try await virtfleet("snapshot flatten desk --wait")
        try await virtfleet("vm start desk --wait")
        try await virtfleet("vm delete desk --yes --wait")
        #expect(try FileManager.default.contentsOfDirectory(atPath: agent.statePath + "/images/vms") == [])
        #expect(await agent.stop() == .status(0), "\(agent.program.log)")
        #expect(await controller.stop() == .status(0), "\(controller.program.log)")
    }
}

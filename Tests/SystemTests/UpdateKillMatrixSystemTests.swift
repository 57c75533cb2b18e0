import FleetModel
import FleetTestSupport
import Foundation
import Subprocess
import Testing

/// The agent is killed with SIGKILL right before each effect of an update, and right after it, on a real libvirt with a
/// guest that boots: the new system is there with the data, or the old one when the new never answers.
@Suite struct UpdateKillMatrixSystemTests {
    @Test func noDeathOfTheAgentLosesSystemOrData() async throws {
        let (libvirt, agent, guest, vm) = try await booted()
        // What each version's guest finds where it would write a number.
        let images = [try await version(2222, of: agent), try await version(3333, of: agent)]
        try await guest.write(5, isData: true)
        let steps = [
            "new system disk", "shut down", "state", "overlay sdb", "definition", "manifest", "start", "guest",
        ]
        for (index, moment) in steps.flatMap({ ["\($0):after-intent", "\($0):after-effect"] }).enumerated() {
            try agent.ask(10 + index, .vmUpdate, update(vm, to: images[index % 2], "before-\(index)"))
            #expect(try await agent.crash(at: moment), "\(moment) was not reached")
            try await agent.finish()
            #expect(agent.reports.last?.state == .succeeded, "\(moment): \(agent.reports.last?.message ?? "")")
            try await guest.untilItAnswers()
            #expect(try await guest.read() == [2222, 3333][index % 2], "\(moment)")
            #expect(try await guest.read(isData: true) == 5, "\(moment)")
            let snapshot = CrashingAgentUnderTest.jobID(10 + index)
            try agent.ask(40 + index, .snapshotDelete, SnapshotArguments(vm: vm, snapshot: snapshot))
            try await agent.finish()
            #expect(agent.reports.last?.state == .succeeded, "\(moment): \(agent.reports.last?.message ?? "")")
        }
        await libvirt.stop()
    }

    @Test func theOldSystemComesBackWheneverTheAgentDies() async throws {
        let (libvirt, agent, guest, vm) = try await booted()
        let silent = try await agent.version("silent") { file in
            let size = try await Subprocess.run("qemu-img", ["info", "--output=json", file]).successful().text
            let bytes = try JSONDecoder().decode([String: Size].self, from: Data("{\"image\":\(size)}".utf8))
            try FileManager.default.removeItem(atPath: file)
            _ = try await Subprocess.run(
                "qemu-img", ["create", "-q", "-f", "qcow2", file, "\(try #require(bytes["image"]).virtualSize)"]
            ).successful()
        }
        try await guest.write(1)
        try await guest.write(5, isData: true)
        for (index, moment) in [
            "start:after-effect", "guest:after-intent", "after-failure", "guest:before-undo", "start:before-undo",
            "start:after-undo",
            "manifest:after-undo", "definition:before-undo", "definition:after-undo", "state:after-undo",
            "shut down:before-undo", "shut down:after-undo",
        ].enumerated() {
            try agent.ask(10 + index, .vmUpdate, update(vm, to: silent, "before-\(index)"))
            #expect(try await agent.crash(at: moment), "\(moment) was not reached")
            try await agent.finish()
            #expect(agent.reports.last?.state == .rolledBack, "\(moment): \(agent.reports.last?.message ?? "")")
            try await guest.untilItAnswers()
            #expect(try await guest.read() == 1, "\(moment)")
            #expect(try await guest.read(isData: true) == 5, "\(moment)")
            #expect(try agent.files.values.first?.filter { $0.hasSuffix(".qcow2") } == ["data.qcow2", "disk.qcow2"])
        }
        await libvirt.stop()
    }

    // Helpers

    private struct Size: Decodable {
        let virtualSize: Int

        enum CodingKeys: String, CodingKey { case virtualSize = "virtual-size" }
    }

    private func booted() async throws -> (PrivateLibvirt, CrashingAgentUnderTest, GuestShell, VMID) {
        let libvirt = try PrivateLibvirt()
        try await libvirt.start()
        let agent = try CrashingAgentUnderTest(job: 1, profile: "data", on: libvirt)
        try await agent.finish()
        let vm = try #require(agent.reports.last?.vm)
        let guest = GuestShell(uri: libvirt.uri, name: vm.description)
        try await guest.untilItAnswers()
        return (libvirt, agent, guest, vm)
    }

    private func version(_ number: Int, of agent: CrashingAgentUnderTest) async throws -> ImageReference {
        try await agent.version("\(number)") { file in
            let digit = UInt8(ascii: "0") + UInt8(number % 10)
            _ = try await Subprocess.run(
                "qemu-io", ["-c", "write -P \(digit) \(40960 * 512) 512", file]
            ).successful()
        }
    }

    private func update(_ vm: VMID, to image: ImageReference, _ snapshot: String) -> UpdateArguments {
        UpdateArguments(
            vm: vm, image: image, snapshot: ResourceName(snapshot)!,
            guestAgentTimeoutSeconds: image.version.description == "silent" ? 3 : 150)
    }
}

import FleetModel
import FleetTestSupport
import Foundation
import Subprocess
import Testing

/// The agent is killed with SIGKILL right before each effect of an update, and right after it, on a real libvirt with a
/// guest that boots: the new system is there with the data, or the old one when the new never answers.
@Suite struct UpdateKillMatrixSystemTests {
    @Test func noDeathOfTheAgentLosesSystemOrData() async throws {
        let host = try await HostWithGuest(profile: "data")
        let (agent, guest) = (host.agent, host.guest)
        // What each version's guest finds where it would write a number.
        let images = [try await agent.version(2222), try await agent.version(3333)]
        for (index, step) in [
            "new system disk", "shut down", "state", "firmware variables and TPM", "overlay sdb", "definition",
            "manifest", "start", "guest",
        ]
        .enumerated() {
            try await guest.write(index, isData: true)
            try await agent.succeed(
                10 + index, .vmUpdate, update(host.vm, to: images[index % 2], "before-\(index)"),
                dyingAt: "\(step):after-intent", "\(step):after-effect")
            try await guest.untilItAnswers()
            #expect(try await guest.read() == [2222, 3333][index % 2], "\(step)")
            #expect(try await guest.read(isData: true) == index, "\(step)")
        }

        // One that never answers, with an agent that dies at each moment in turn, until all of it is taken back.
        let silent = try await agent.version("silent") { file in
            let size = try await Subprocess.run("qemu-img", ["info", "--output=json", file]).successful()
            let bytes = try JSONDecoder().decode(Size.self, from: Data(size.standardOutput)).virtualSize
            try FileManager.default.removeItem(atPath: file)
            _ = try await Subprocess.run("qemu-img", ["create", "-q", "-f", "qcow2", file, "\(bytes)"]).successful()
        }
        try await guest.write(1)
        try await guest.write(5, isData: true)
        let before = try agent.files
        try agent.ask(30, .vmUpdate, update(host.vm, to: silent, "before-silent"))
        var deaths = 0
        while try await agent.crash(at: "next") { deaths += 1 }
        #expect(deaths == Set(agent.points).count)
        for moment in ["guest:after-intent", "after-failure", "guest:after-undo", "new system disk:after-undo"] {
            #expect(agent.points.contains(moment))
        }
        #expect(agent.reports.last?.state == .rolledBack, "\(agent.reports.last?.message ?? "")")
        try await guest.untilItAnswers()
        #expect(try await guest.read() == 1)
        #expect(try await guest.read(isData: true) == 5)
        #expect(try agent.files == before)
        await host.libvirt.stop()
    }

    // Helpers

    private struct Size: Decodable {
        let virtualSize: Int

        enum CodingKeys: String, CodingKey { case virtualSize = "virtual-size" }
    }

    private func update(_ vm: VMID, to image: ImageReference, _ snapshot: String) -> UpdateArguments {
        UpdateArguments(
            vm: vm, image: image, snapshot: ResourceName(snapshot)!,
            guestAgentTimeoutSeconds: image.version.description == "silent" ? 3 : 150)
    }
}

import FleetModel
import FleetTestSupport
import FoundationEssentials
import Hypervisor
import Subprocess
import Testing

/// With a guest that boots to its end, on a translating QEMU.
@Suite struct GuestTests {
    @Test func aGuestBootsAnswersAndPowersOffWhenAsked() async throws {
        try await HypervisorKind.libvirt.run { hypervisor, files in
            var guest = Fixtures.guest(files: files.path, tpm: true)
            guest.memoryBytes = 256 << 20
            guest.disks = [DomainSpecification.Disk(path: files.file("system.qcow2"), format: .qcow2)]
            guest.consoleLogPath = files.file("console.log")
            try GuestImage.copy(to: files.file("system.qcow2"))
            _ = try await hypervisor.define(guest.xml())
            try await hypervisor.start(guest.id)

            let connected = await next(hypervisor) { event -> Bool? in
                guard case .guestAgent(guest.id, _, true, let reason) = event else { return nil }
                return reason == "channel"
            }
            #expect(connected == true)
            #expect(try await hypervisor.domain(guest.id).guestAgent == true)
            #expect(try await eventually { try await hypervisor.guestAgentAnswers(guest.id, within: .seconds(5)) })
            let information = try await hypervisor.guestInformation(guest.id, within: .seconds(5))
            #expect(information.kernel?.isEmpty == false, "\(information)")
            #expect(information.interfaces.contains { $0.macAddress == guest.networks[0].mac }, "\(information)")
            // Its file systems are all in memory, so that there is nothing to freeze: the agent may say so.
            do throws(HypervisorError) {
                _ = try await hypervisor.freeze(guest.id, within: .seconds(5))
            } catch {
                #expect(error.code == .failed, "\(error)")
            }
            try await hypervisor.thaw(guest.id, within: .seconds(5))
            try await hypervisor.setTime(guest.id, within: .seconds(5))
            let process = try await hypervisor.startProgram(
                guest.id, "/bin/sh", ["-c", "echo \"$0\"; echo no >&2; exit 3", "it's \"so\""], within: .seconds(5))
            var program = GuestProgram(isRunning: true)
            #expect(
                try await eventually {
                    program = try await hypervisor.program(guest.id, process, within: .seconds(5))
                    return !program.isRunning
                })
            #expect(
                program
                    == GuestProgram(exitStatus: 3, output: Array("it's \"so\"\n".utf8), errorOutput: Array("no\n".utf8))
            )
            await expectError(.failed) {
                _ = try await hypervisor.startProgram(guest.id, "/bin/nothing", [], within: .seconds(5))
            }
            await expectError(.failed) {
                _ = try await hypervisor.program(guest.id, 1, within: .seconds(5))
            }
            // Its disk grows under it, in a layer over another one, and the size stays when that goes.
            let overlay = files.file("overlay.qcow2")
            try await hypervisor.overlayDisks(guest.id, ["sda": overlay])
            try await hypervisor.resizeDisk(guest.id, "sda", to: 3 << 30)
            #expect(try await size(of: overlay) == 3 << 30)
            #expect(
                try await eventually {
                    let sizes = try await hypervisor.startProgram(
                        guest.id, "/bin/sh", ["-c", "cat /sys/block/sd*/size"], within: .seconds(5))
                    var seen = GuestProgram(isRunning: true)
                    while seen.isRunning {
                        seen = try await hypervisor.program(guest.id, sizes, within: .seconds(5))
                    }
                    return String(decoding: seen.output, as: UTF8.self) == "\(3 << 21)\n"
                })
            try await hypervisor.startCommit(guest.id, disk: "sda", of: overlay, into: guest.disks[0].path)
            #expect(try await eventually { try await hypervisor.blockJob(guest.id, disk: "sda")?.isReady == true })
            try await hypervisor.pivot(guest.id, disk: "sda")
            #expect(try await size(of: guest.disks[0].path) == 3 << 30)
            let values = try await hypervisor.statistics().first?.values ?? [:]
            #expect(values["block.0.rd.bytes"] != nil)

            try await hypervisor.shutdown(guest.id)
            let end = await next(hypervisor) { $0.lifecycle?.hasPrefix("stopped") == true ? $0.lifecycle : nil }
            #expect(end == "stopped shutdown")
            #expect(try await hypervisor.domain(guest.id).state == .shutoff)
        }
    }

    private func size(of file: String) async throws -> UInt64? {
        let text = try await Subprocess.run("qemu-img", ["info", "-U", "--output=json", file]).successful().text
        let size = try FleetJSON.decode(JSONValue.self, from: Data(text.utf8))["virtual-size"]
        guard case .integer(let bytes)? = size else { return nil }
        return UInt64(bytes)
    }
}

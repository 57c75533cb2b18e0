import FleetModel
import FleetTestSupport
import FoundationEssentials
import Subprocess
import Testing

/// Clones on a bridge of the test's network, which has no other way out.
@Suite struct BridgeSystemTests {
    private static let bridge = "vf-machines"

    @Test func aCloneIsAttachedToItsBridge() async throws {
        try Isolation.requireRoot(for: "a guest on a bridge")
        let site = try await OneHost(profiles: ["bridged": "networks: ['bridge:\(Self.bridge)']\n"])
        func attached() async throws -> String {
            try await Subprocess.run("ip", ["-o", "link", "show", "master", Self.bridge]).successful().text
        }
        let refused = try await site.controller.virtfleet(
            "vm", "clone", "tiny:1", "plc", "--host", "ada", "--profile", "bridged", "--wait")
        #expect(refused.status == 1)
        #expect(refused.text.contains("bridge \(Self.bridge), which this host does not have; make it"))
        let job = try #require(try await site.client.jobs().first)
        #expect(job.state == .rejected && job.reason == "no-bridge")
        #expect(try site.images.isEmpty, "not even the image was fetched")

        _ = try await Subprocess.run("ip", ["link", "add", Self.bridge, "type", "bridge"]).successful()
        _ = try await Subprocess.run("ip", ["link", "set", Self.bridge, "up"]).successful()
        try await site.virtfleet("vm", "clone", "tiny:1", "plc", "--host", "ada", "--profile", "bridged", "--wait")
        let taps = try await attached().split(separator: "\n")
        #expect(taps.count == 1 && taps[0].contains("vnet") && taps[0].contains("LOWER_UP"), "\(taps)")
        try await site.virtfleet("vm", "stop", "plc", "--force", "--wait")
        #expect(try await attached().isEmpty)
        _ = try await Subprocess.run("ip", ["link", "delete", Self.bridge]).successful()
        await site.close()
    }
}

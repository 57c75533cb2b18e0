import FleetModel
import FleetTestSupport
import FoundationEssentials
import Glibc
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

    /// A macvtap on one end of a cable of the test's, and a bridge that libvirt knows as a network.
    @Test func aCloneIsOnAnInterfaceAndOnALibvirtNetwork() async throws {
        try Isolation.requireRoot(for: "a guest on a macvtap")
        let site = try await OneHost(profiles: ["wired": "networks: ['macvtap:vf-wire', 'network:vf-plc']\n"])
        _ = try await Subprocess.run("ip", ["link", "add", "vf-wire", "type", "veth", "peer", "name", "vf-far"])
            .successful()
        let refused = try await site.controller.virtfleet(
            "vm", "clone", "tiny:1", "plc", "--host", "ada", "--profile", "wired", "--wait")
        #expect(refused.status == 1 && refused.text.contains("virsh net-start vf-plc"), "\(refused.text)")

        let network = site.agent.directory.file("network.xml")
        try Data("<network><name>vf-plc</name><forward mode='bridge'/><bridge name='vf-plc0'/></network>".utf8)
            .write(to: URL(filePath: network))
        _ = try await Subprocess.run("ip", ["link", "add", "vf-plc0", "type", "bridge"]).successful()
        _ = try await Subprocess.run("virsh", ["-c", site.libvirt.uri, "net-create", network]).successful()
        let nodes = try ChildProcess("/bin/sh", ["-c", Self.tapNodes], output: .discard)
        try await site.virtfleet("vm", "clone", "tiny:1", "plc", "--host", "ada", "--profile", "wired", "--wait")
        func link(_ arguments: String...) async throws -> String {
            try await Subprocess.run("ip", ["-o", "link", "show"] + arguments).successful().text
        }
        #expect(try await link("type", "macvtap").contains("@vf-wire"))
        #expect(try await link("master", "vf-plc0").contains("vnet"))
        let vm = try #require(try await site.vm("plc"))
        #expect(try await link("type", "macvtap").contains(#require(vm.macAddresses?.first).description))
        #expect(try await site.vm("plc")?.drift ?? [] == [])
        nodes.signal(SIGKILL)
        await site.close()
        for link in ["vf-wire", "vf-plc0"] {
            _ = try await Subprocess.run("ip", ["link", "delete", link]).successful()
        }
    }

    /// Makes the device of each macvtap as the kernel's devtmpfs does, which the tests' own /dev is not.
    private static let tapNodes = """
        while :; do
            for device in /sys/class/net/*/tap*/dev; do
                node=/dev/$(basename "$(dirname "$device")")
                [ -e "$device" ] && [ ! -e "$node" ] && mknod "$node" c $(tr : " " <"$device")
            done
            sleep 0.01
        done
        """
}

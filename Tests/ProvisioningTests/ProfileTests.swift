import FleetModel
import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import Placement
import Testing
@testable import Provisioning

@Suite struct ProfileTests {
    @Test func everyKeyHasADefault() throws {
        #expect(try FleetJSON.decode(Profile.self, from: Data("{}".utf8)) == Profile())
    }

    @Test func survivesTheJournal() throws {
        var profile = Profile()
        profile.memoryMiB = 8192
        profile.secureBoot = true
        profile.networks = [.user, .bridge("br-plc")]
        profile.console = .spice
        profile.firmware = FirmwareFiles(code: "/a", variables: "/b")
        profile.guestAgentTimeoutSeconds = 5
        profile.consoleLog = true
        #expect(try FleetJSON.decode(Profile.self, from: FleetJSON.encode(profile)) == profile)
    }

    @Test(arguments: [
        "", "bridge", "bridge:", "bridge:../../tmp", "bridge:0123456789abcdef", "nat", "bridge:br0,vlan=0",
        "bridge:br0,vlan=4095", "bridge:br0,vlan=x", "macvtap:", "macvtap:..a/b", "macvtap:eth0/x", "network:",
        "network:a/b", "dummy:eth0", "sriov:", "sriov:eno1",
    ])
    func wrongNetworksAreNotAccepted(_ text: String) { #expect(Profile.Network(text) == nil) }

    @Test(
        arguments: [
            ("user", .user), ("bridge:br0", .bridge("br0")), ("bridge:br0,vlan=20", .bridge("br0", vlan: 20)),
            ("bridge:a,b", .bridge("a,b")), ("macvtap:enp3s0.20", .macvtap("enp3s0.20")),
            ("network:default", .network("default")),
        ] as [(String, Profile.Network)])
    func networksAreReadAndWritten(_ text: String, _ network: Profile.Network) {
        #expect(Profile.Network(text) == network)
        #expect(network.description == text)
    }

    @Test func theFirstCompleteFirmwareIsTaken() throws {
        let root = try TemporaryDirectory()
        let fedora = root.file("usr/share/edk2/ovmf")
        try DurableFile.makeDirectory(fedora, mode: 0o755)
        for name in ["OVMF_CODE.fd", "OVMF_VARS.fd"] {
            try Data("x".utf8).write(to: URL(filePath: "\(fedora)/\(name)"))
        }
        // The code without its variables is no firmware.
        try DurableFile.makeDirectory(root.file("usr/share/OVMF"), mode: 0o755)
        try Data("x".utf8).write(to: URL(filePath: root.file("usr/share/OVMF/OVMF_CODE_4M.fd")))
        #expect(try Profile().findFirmware(root: root.path).code == "\(fedora)/OVMF_CODE.fd")

        var secure = Profile()
        secure.secureBoot = true
        let problem = #expect(throws: JobProblem.self) { try secure.findFirmware(root: root.path) }
        #expect(problem?.message.contains("with Secure Boot") == true)
    }
}

import FleetModel
import Placement
import FleetFiles
import Testing

@Suite struct ProfileDocumentTests {
    @Test func aProfileIsItsDocument() throws {
        var profile = Profile()
        profile.vcpus = 3
        profile.maximumMemoryMiB = 8192
        profile.hugePages = .twoMiB
        profile.pinning = .focus
        profile.weight = 500
        profile.hostDevices = [
            DeviceSelector(role: .usbController),
            DeviceSelector(deviceClass: PCIClass("0200"), id: PCIDeviceID("8086:1533"), portPath: "0000:00/1c.0/00.0"),
        ]
        profile.networks = [.bridge("br-\u{00E4}\"\\"), .user]
        profile.firmware = FirmwareFiles(code: "/a b", variables: "/true")
        #expect(try Profile(document: profile.document()) == profile)
    }

    @Test func whatADocumentLeavesOutHasItsDefault() throws {
        #expect(try Profile(document: [:]) == Profile())
        #expect(try Profile(document: ["vcpus": .integer(7), "firmware": .null]).vcpus == 7)
    }

    @Test func everythingWrongIsTold() throws {
        let document: [String: JSONValue] = [
            "firmware": .object(["code": .string("/a")]), "memoryMiB": .integer(-5), "moonPhase": .string("new"),
            "vcpus": .string("2"),
        ]
        let invalid = #expect(throws: InvalidDocument.self) { try Profile(document: document) }
        #expect(
            invalid?.problems.map { $0.prefix { $0 != ";" && $0 != "," } } == [
                "firmware.variables: is missing and has no default", "memoryMiB: expected 64 to 16777216",
                "moonPhase: unknown key", "vcpus: expected an integer",
            ])
    }
}

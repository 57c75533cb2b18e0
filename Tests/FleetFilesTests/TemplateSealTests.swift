import FleetModel
import FleetTestSupport
import FoundationEssentials
import Placement
import FleetFiles
import Testing

/// What a template's system was sealed with: its file, and the profiles that contradict it.
@Suite struct TemplateSealTests {
    private let directory: TemporaryDirectory
    init() throws { directory = try TemporaryDirectory() }

    private func seal(_ text: String) throws -> TemplateSeal {
        let path = directory.file("win11.yaml")
        try Data(text.utf8).write(to: URL(filePath: path))
        return try TemplateSeal(file: path)
    }

    @Test func aFileSaysWhatItWants() throws {
        let seal = try seal("guestOS: windows\nsecureBoot: true\nmemoryMiB: 4096\nprofile: office\n")
        var expected = TemplateSeal()
        (expected.guestOS, expected.secureBoot, expected.memoryMiB) = (.windows, true, 4096)
        expected.profile = ResourceName("office")
        #expect(seal == expected)
    }

    @Test func everythingWrongIsTold() {
        let invalid = #expect(throws: InvalidSeal.self) { try seal("memoryMB: 4096\nvcpus: 0\nguestOS: beos\n") }
        #expect(
            invalid?.problems.map { $0.replacing(directory.path + "/", with: "") } == [
                "win11.yaml:1:1: memoryMB: unknown key; did you mean 'memoryMiB'?",
                "win11.yaml:2:8: vcpus: expected 1 to 4096, got 0",
                "win11.yaml:3:10: guestOS: expected one of linux, windows, got \"beos\"",
            ])
    }

    @Test func aProfileIsWhatItWasSealedForOrSaysWhereNot() throws {
        var seal = TemplateSeal()
        var profile = Profile()
        #expect(seal.contradictions(to: profile) == [])
        (seal.guestOS, seal.secureBoot, seal.tpm, seal.diskBus) = (.windows, true, true, .sata)
        (seal.memoryMiB, seal.vcpus) = (8192, 4)
        #expect(
            seal.contradictions(to: profile) == [
                "guestOS is linux, and it was sealed with windows", "secureBoot is false, and it was sealed with true",
                "diskBus is scsi, and it was sealed with sata", "memoryMiB is 4096, and it needs 8192",
                "vcpus is 2, and it needs 4",
            ])
        (profile.guestOS, profile.secureBoot, profile.diskBus) = (.windows, true, .sata)
        (profile.memoryMiB, profile.vcpus) = (16384, 6)
        #expect(seal.contradictions(to: profile) == [])
    }
}

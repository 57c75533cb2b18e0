import FleetModel
import FleetTestSupport
import FoundationEssentials
import Placement
import ProfileFiles
import Testing

@Suite struct ProfileFileTests {
    @Test func profilesOfTheFirstDirectoryWinAndBrokenOnesAreLeftOut() throws {
        let directory = try TemporaryDirectory()
        for (path, text) in [
            ("own/office.yaml", "vcpus: 6"), ("shipped/office.yaml", "vcpus: 2"),
            ("shipped/plc.yaml", "memoryMiB: 8192"),
            ("shipped/bad.yaml", "vcpus: many"), ("shipped/doubtful.yaml", "vcpu: 2"), ("shipped/odd name.yaml", ""),
            ("shipped/README", "no profile"),
        ] {
            let file = URL(filePath: directory.file(path))
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
        let (profiles, complaints) = Profile.load(
            from: [directory.file("own"), directory.file("none"), directory.file("shipped")])
        #expect(Set(profiles.keys.map(\.description)) == ["office", "plc"])
        #expect(profiles.first { $0.key.description == "office" }?.value.vcpus == 6)
        #expect(
            complaints.map { $0.replacing(directory.path + "/shipped/", with: "") } == [
                "bad.yaml:1:8: vcpus: expected an integer, got \"many\"",
                "doubtful.yaml:1:1: vcpu: unknown key; did you mean 'vcpus'?",
                "odd name.yaml: a profile's name is \(ResourceName.expectation)",
            ])
    }

    @Test func everythingWrongIsToldWithItsPlaceAndInOrder() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("office.yaml")
        try Data(
            """
            memroyMiB: 8192
            vcpus: 0
            memoryMiB: 63
            freeDiskMiB: -1
            guestAgentTimeoutSeconds: 0
            firmware: {code: /a, variables: /b, varables: /c}
            networks: [nat]
            """.utf8
        ).write(to: URL(filePath: path))
        let invalid = #expect(throws: InvalidProfile.self) { try Profile(file: path) }
        #expect(
            invalid?.problems.map { $0.replacing(directory.path + "/", with: "") } == [
                "office.yaml:1:1: memroyMiB: unknown key; did you mean 'memoryMiB'?",
                "office.yaml:2:8: vcpus: expected 1 to 4096, got 0",
                "office.yaml:3:12: memoryMiB: expected 64 to 16777216, got 63",
                "office.yaml:4:14: freeDiskMiB: expected 0 to 1073741824, got -1",
                "office.yaml:5:27: guestAgentTimeoutSeconds: expected 1 to 86400, got 0",
                "office.yaml:6:37: firmware.varables: unknown key; did you mean 'variables'?",
                "office.yaml:7:12: networks[0]: expected \(Profile.Network.expectation), got 'nat'",
            ])
    }

    @Test(arguments: ["linux", "windows-11", "windows-11-plc"])
    func theShippedProfilesAreInOrder(name: String) throws {
        let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path
        _ = try Profile(file: "\(repository)/config/profiles/\(name).yaml")
    }

    @Test(arguments: [
        ("office.yaml", true, "office"), ("./office", true, "office"), ("a/b.c.yaml", true, "b.c"),
        ("office", false, "office"),
        ("odd name.yaml", true, nil), (".yaml", true, nil),
    ])
    func aFileIsToldFromANameAndGivesOne(word: String, isFile: Bool, name: String?) {
        #expect(ProfileFile.isMeant(by: word) == isFile)
        #expect(ProfileFile.name(of: word) == name.flatMap { ResourceName($0) })
    }
}

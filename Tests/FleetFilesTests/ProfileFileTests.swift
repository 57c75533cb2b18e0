import FleetModel
import FleetTestSupport
import FoundationEssentials
import Placement
import FleetFiles
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
            maximumMemoryMiB: 62
            hugePages: 4M
            weight: 10001
            pinning: whole
            hostDevices: [{}, {rolle: gpu}, {role: card, class: "3", id: "10de"}]
            """.utf8
        ).write(to: URL(filePath: path))
        let invalid = #expect(throws: InvalidDocument.self) { try Profile(file: path) }
        #expect(
            invalid?.problems.map { $0.replacing(directory.path + "/", with: "") } == [
                "office.yaml:1:1: memroyMiB: unknown key; did you mean 'memoryMiB'?",
                "office.yaml:2:8: vcpus: expected 1 to 4096, got 0",
                "office.yaml:3:12: memoryMiB: expected 64 to 16777216, got 63",
                "office.yaml:4:14: freeDiskMiB: expected 0 to 1073741824, got -1",
                "office.yaml:5:27: guestAgentTimeoutSeconds: expected 1 to 86400, got 0",
                "office.yaml:6:37: firmware.varables: unknown key; did you mean 'variables'?",
                "office.yaml:7:12: networks[0]: expected \(Profile.Network.expectation), got 'nat'",
                "office.yaml:8:19: maximumMemoryMiB: expected 63 to 16777216, got 62",
                "office.yaml:9:12: hugePages: expected one of none, 2M, 1G, auto, got \"4M\"",
                "office.yaml:10:9: weight: expected 1 to 10000, got 10001",
                "office.yaml:11:10: pinning: expected one of shared, focus, dedicated, got \"whole\"",
                "office.yaml:12:14: hostDevices: expected role, class, id or portPath for each device, got none of them",
                "office.yaml:12:20: hostDevices[1].rolle: unknown key; did you mean 'role'?",
                "office.yaml:12:40: hostDevices[2].role: expected one of gpu, nic, nvme, sound, usb-controller, got \"card\"",
                "office.yaml:12:53: hostDevices[2].class: expected \(PCIClass.expectation), got '3'",
                "office.yaml:12:62: hostDevices[2].id: expected \(PCIDeviceID.expectation), got '10de'",
            ])
    }

    @Test func disksAndSharesOfTheHostAreLookedAt() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("office.yaml")
        try Data(
            """
            vcpus: 4
            topology: {cores: 3}
            discardGranularityKiB: 48
            hostDisks: [{file: /a, device: /dev/disk/by-id/b}, {device: /dev/sda}, {device: /dev/mapper/c, format: qcow2}]
            shares: [{directory: projects, tag: a}, {directory: /srv, tag: a}]
            usbRedirections: 9
            webDAV: true
            """.utf8
        ).write(to: URL(filePath: path))
        let invalid = #expect(throws: InvalidDocument.self) { try Profile(file: path) }
        #expect(
            invalid?.problems.map { $0.replacing(directory.path + "/", with: "") } == [
                "office.yaml:2:11: topology: expected sockets x dies x cores x threads to be vcpus, 4, got 3",
                "office.yaml:3:24: discardGranularityKiB: expected a power of two, got 48",
                "office.yaml:4:12: hostDisks: expected either file or device",
                "office.yaml:5:9: shares: expected a directory that begins with /, got 'projects'",
                "office.yaml:6:18: usbRedirections: expected 0 to 8, got 9",
                "office.yaml:7:9: webDAV: expected console: spice, which it goes through",
            ])
        var disk = Profile.HostDisk(device: "/dev/sda")
        #expect(disk.obstacle?.contains("such as one below /dev/disk/by-id, got '/dev/sda'") == true)
        disk = Profile.HostDisk(device: "/dev/mapper/c")
        #expect(disk.obstacle == nil)
        disk.format = .qcow2
        #expect(disk.obstacle == "a device is raw")
        #expect(Profile.HostDisk().obstacle == "expected either file or device")
        let good = """
            hostDisks: [{device: /dev/disk/by-id/b, snapshot: no}]
            shares: [{directory: /srv, tag: srv}]
            topology: {sockets: 2, cores: 1}
            """
        try Data(good.utf8).write(to: URL(filePath: path))
        let profile = try Profile(file: path)
        #expect(profile.hostDisks.first?.snapshot == .no && profile.topology == .init(sockets: 2, cores: 1))
        #expect(try Profile(document: profile.document()) == profile)
    }

    @Test func whatASeedDiscCannotHoldIsTold() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("office.yaml")
        try Data(
            """
            seed: unattend
            seedHostName: pc
            seedUserData: "timezone: UTC"
            seedNetworkConfig: "version: 2"
            """.utf8
        ).write(to: URL(filePath: path))
        let invalid = #expect(throws: InvalidDocument.self) { try Profile(file: path) }
        #expect(
            invalid?.problems.map { $0.replacing(directory.path + "/", with: "") } == [
                "office.yaml:1:7: seed: unattend is for guestOS: windows; a Linux guest reads cloud-init",
                "office.yaml:2:15: seedHostName: expected {vm} in it, or all VMs of a host would have one name",
                "office.yaml:3:15: seedUserData: expected #cloud-config, #! or Content-Type: at its start, or nobody reads it",
                "office.yaml:4:20: seedNetworkConfig: has no effect with seed: unattend, only with cloud-init",
            ])
        var profile = Profile()
        (profile.seed, profile.seedUserData) = (.cloudInit, "#" + String(repeating: "a", count: 16 << 10))
        let tooLong = try profile.document()
        #expect(throws: InvalidDocument.self) { try Profile(document: tooLong) }
    }

    @Test func guestCommandsAreCheckedTogether() throws {
        func problems(_ text: String) throws -> [String] {
            let directory = try TemporaryDirectory()
            let path = directory.file("p.yaml")
            try Data(text.utf8).write(to: URL(filePath: path))
            do throws(InvalidDocument) {
                _ = try Profile(file: path)
                return []
            } catch {
                return error.problems.map { $0.replacing(path, with: "p") }
            }
        }
        let good = #"""
            guestAgentTimeoutSeconds: 60
            guestCommands:
              - {name: state, path: 'C:\Windows\System32\whoami.exe', arguments: [/all], timeoutSeconds: 5}
              - {name: log, path: /usr/bin/journalctl, takesArguments: true}
            guestChecks: [state]
            """#
        #expect(try problems(good) == [])
        for (commands, checks, problem) in [
            ("[{name: a, path: /b}, {name: a, path: /b}]", "[]", "guestCommands: 'a' is there twice"),
            ("[{name: a, path: whoami}]", "[]", "must be absolute in the guest"),
            ("[{name: a, path: /b, timeoutSeconds: 0}]", "[]", "timeoutSeconds of 'a': expected 1 to 3600, got 0"),
            ("[{name: a, path: /b, pth: c}]", "[]", "guestCommands[0].pth: unknown key"),
            ("[{name: a, path: /\(String(repeating: "b", count: 4096))}]", "[]", "4096 bytes together"),
            ("[{name: a, path: /b}]", "[c]", "guestChecks: there is no command 'c' in guestCommands"),
            ("[{name: a, path: /b}]", "[a]", "guestChecks: they need guestAgentTimeoutSeconds"),
        ] {
            let found = try problems("guestCommands: \(commands)\nguestChecks: \(checks)\n")
            #expect(found.count == 1 && found[0].contains(problem), "\(found)")
        }
    }

    @Test(arguments: [
        ("graphics: virgl\nguestOS: windows\nconsole: spice", "which has no driver for Windows"),
        ("graphics: virgl", "virgl draws on a console"), ("graphics: none\nconsole: vnc", "a console shows nothing"),
        ("graphics: vgpu", "expected one of auto, none, virtio, virgl, passthrough, sriov, mdev"),
        ("hostDevices: [{role: gpu, mdevtype: nvidia-256}]", "unknown key; did you mean 'mdevType'?"),
        ("hostDevices: [{role: gpu, mdevType: GVT-g V5}]", "expected \(MediatedTypeID.expectation), got 'GVT-g V5'"),
        ("hostDevices: [{role: gpu, mdevType: '256'}]", "expected \(MediatedTypeID.expectation), got '256'"),
        ("hostDevices: [{mdevType: auto}]", "expected role, class, id or portPath for each device"),
        (
            "hostDevices: [{role: gpu, mdevType: nvidia-256, virtualFunction: true}]",
            "either virtualFunction or mdevType for a device, got both"
        ),
        ("hostDevices: [{role: nic, mac: '52:54:00:00:00:01'}]", "a mac is a VM's own"),
    ])
    func whatCannotBeIsRefused(text: String, words: String) throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("office.yaml")
        try Data(text.utf8).write(to: URL(filePath: path))
        let invalid = #expect(throws: InvalidDocument.self) { try Profile(file: path) }
        #expect(invalid?.problems.contains { $0.contains(words) } == true, "\(invalid?.problems ?? [])")
    }

    @Test func theShippedProfilesAreInOrder() throws {
        let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path
        let (profiles, complaints) = Profile.load(from: ["\(repository)/config/profiles"])
        #expect(complaints == [])
        #expect(
            Set(profiles.keys.map(\.description)) == ["linux-small", "office", "omron", "rockwell", "schneider"])
        #expect(profiles.first { $0.key.description == "linux-small" }?.value == Profile())
        // Those without a default stand in a comment.
        let text = try String(contentsOfFile: "\(repository)/config/profiles/linux-small.yaml", encoding: .utf8)
        for key in Mirror(reflecting: Profile()).children.compactMap(\.label) {
            #expect(text.contains("\n\(key):") || text.contains("\n# \(key):"), "\(key)")
        }
    }

    @Test(arguments: [
        ("office.yaml", true, "office"), ("./office", true, "office"), ("a/b.c.yaml", true, "b.c"),
        ("office", false, "office"),
        ("odd name.yaml", true, nil), (".yaml", true, nil),
    ])
    func aFileIsToldFromANameAndGivesOne(word: String, isFile: Bool, name: String?) {
        #expect(DocumentFile.isMeant(by: word) == isFile)
        #expect(DocumentFile.name(of: word) == name.flatMap { ResourceName($0) })
    }
}

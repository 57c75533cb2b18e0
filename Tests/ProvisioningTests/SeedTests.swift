import FleetModel
import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import Hypervisor
import Placement
@testable import Provisioning
import Subprocess
import Testing

/// The disc by which a guest learns who it is, read back by another program than the one that writes it.
@Suite struct SeedTests {
    @Test(arguments: [
        ("office-ada", GuestOS.linux, "office-ada"), ("a_b.c-", .linux, "a-b-c"),
        ("office-engineering-ada", .windows, "office-engineer"), ("20261129", .windows, "vm-20261129"),
        ("123456789012345-pc", .windows, "vm-123456789012"), ("abcdefghijklmn-opq", .windows, "abcdefghijklmn"),
    ])
    func aHostNameIsMadeOfTheVMs(vm: String, guestOS: GuestOS, expected: String) {
        #expect(GuestHostName.make("{vm}", vm: vm, host: "", guestOS: guestOS) == expected)
    }

    @Test func aHostNameCanHaveTheMachinesInIt() {
        #expect(
            GuestHostName.make("{vm}-{host}", vm: "plc", host: "ws7.example.org", guestOS: .windows) == "plc-ws7")
    }

    @Test func cloudInitReadsWhatTheProfileSays() async throws {
        var profile = Self.profile
        profile.seedUserData = "#cloud-config\ntimezone: Europe/Berlin\n"
        profile.seedNetworkConfig = "version: 2\n"
        let world = try await World()
        try await run(world, try world.clone(name: "office-ada"), profile)
        #expect(world.last(of: World.jobID(1))?.state == .succeeded)
        let disc = directory(world).seed
        #expect(try await isoinfo(disc, ["-d"]).contains("Volume id: CIDATA"))
        // The names that Linux sees, and those that Windows sees.
        for names in ["-R", "-J"] {
            let metaData = "instance-id: \"\(World.vm())\"\nlocal-hostname: \"office-ada\"\n"
            #expect(try await isoinfo(disc, [names, "-x", "/meta-data"]) == metaData)
            #expect(try await isoinfo(disc, [names, "-x", "/user-data"]) == profile.seedUserData)
            #expect(try await isoinfo(disc, [names, "-x", "/network-config"]) == profile.seedNetworkConfig)
        }
        let definition = try await definition(world)
        let drive = try #require(definition.disks.first { $0.target == "sdf" })
        #expect(
            drive == .init(target: "sdf", device: "cdrom", file: disc, bus: "scsi", format: "raw", isReadOnly: true))
    }

    @Test func windowsFindsItsAnswerFile() async throws {
        var profile = Self.profile
        (profile.guestOS, profile.seed) = (.windows, .unattend)
        let world = try await World()
        try await run(world, try world.clone(name: "office-engineering-ada"), profile)
        let disc = directory(world).seed
        let answers = try await isoinfo(disc, ["-J", "-x", "/Unattend.xml"])
        #expect(answers.contains("<ComputerName>office-engineer</ComputerName>"))
        #expect(try await isoinfo(disc, ["-J", "-x", "/Autounattend.xml"]) == answers)
        #expect(try await isoinfo(disc, ["-J", "-x", "/meta-data"]).contains("local-hostname: \"office-engineer\""))
        let file = world.directory.file("answers.xml")
        try Data(answers.utf8).write(to: URL(filePath: file))
        _ = try await Subprocess.run("xmllint", ["--noout", file]).successful()
        #expect(try await definition(world).disks.first { $0.target == "sdf" }?.bus == "sata")

        profile.seedUnattend = "<unattend>{{ComputerName}}</unattend>"
        let content = SeedContent(profile, vm: World.vm(), name: "pc", host: "")
        #expect(content?.files["Unattend.xml"] == "<unattend>pc</unattend>")
    }

    @Test func twoGuestsOfOneNameAreToldBeforeAnythingIsTouched() async throws {
        var profile = Self.profile
        (profile.guestOS, profile.seed) = (.windows, .unattend)
        let world = try await World()
        try await run(world, try world.clone(1, name: "office-engineering-ada"), profile)
        try await run(world, try world.clone(2, name: "Office-Engineering-bob"), profile)
        let report = try #require(world.last(of: World.jobID(2)))
        #expect(report.state == .rejected && report.reason == "host-name-taken")
        #expect(report.message?.contains("office-engineering-ada") == true)
        #expect(try world.files(of: World.jobID(2)) == nil)
    }

    @Test func withoutItsProgramNoDiscIsPromised() async throws {
        let world = try await World()
        let life = try await Life(world, profile: Self.profile, programs: { $0 == "xorriso" ? nil : "/usr/bin/\($0)" })
        try await life.receive(try world.clone())
        try await life.finish(World.jobID(1))
        #expect(world.last(of: World.jobID(1))?.reason == "no-xorriso")
    }

    @Test func aCrashAtEveryMomentEndsWithOneDisc() async throws {
        let undisturbed = try await World()
        let points = try await run(undisturbed, try undisturbed.clone(), Self.profile).filter { $0.step == "files" }
        #expect(points.count == 3)
        for point in points {
            let world = try await World()
            let life = try await Life(
                world, profile: Self.profile,
                during: { passed, _ in
                    guard passed == point, point.moment == .afterIntent else { return }
                    try DurableFile.makeDirectory(directory(world).seedFiles, mode: 0o700)
                    try Data("half".utf8).write(to: URL(filePath: directory(world).seed + ".part"))
                }, crashAt: { $0 == point })
            try await life.receive(try world.clone())
            #expect(try await life.crashed(), "\(point)")
            try await Life(world, profile: Self.profile).finish(World.jobID(1))
            #expect(world.last(of: World.jobID(1))?.state == .succeeded, "\(point)")
            #expect(try world.files(of: World.jobID(1)) == ["disk.qcow2", "seed.iso", "variables.fd"], "\(point)")
            #expect(
                try await isoinfo(directory(world).seed, ["-R", "-x", "/meta-data"]).contains("office"), "\(point)")
        }
    }

    @Test func theDiscGoesWithItsVMAndIsNoPartOfSnapshots() async throws {
        let vm = try await SnapshotWorld(profile: Self.profile)
        try await vm.run(vm.snapshot(2, "before"), profile: Self.profile)
        #expect(vm.outcome(2)?.state == .succeeded, "\(vm.outcome(2)?.message ?? "")")
        #expect(try await vm.active("sdf") == vm.directory.seed)
        try await vm.run(vm.revert(3, to: 2), profile: Self.profile)
        #expect(vm.outcome(3)?.state == .succeeded, "\(vm.outcome(3)?.message ?? "")")
        #expect(try await vm.active("sdf") == vm.directory.seed)
        try await vm.run(try vm.world.job(4, .vmDelete, VMArguments(vm: World.vm())), profile: Self.profile)
        #expect(vm.outcome(4)?.state == .succeeded && vm.outcome(4)?.message == nil)
        #expect(try vm.world.files(of: World.jobID(1)) == nil)
    }

    // Helpers

    private static var profile: Profile {
        var profile = Life.profile
        profile.seed = .cloudInit
        return profile
    }

    private func directory(_ world: World) -> VMDirectory {
        VMDirectory(path: "\(world.vmDirectory)/\(World.jobID(1))")
    }

    private func definition(_ world: World) async throws -> DomainDefinition {
        let hypervisor = try InMemoryHypervisor(directory: world.directory.file("hypervisor"))
        return try DomainDefinition(xml: try await hypervisor.definition(of: World.vm()))
    }

    private func isoinfo(_ disc: String, _ arguments: [String]) async throws -> String {
        try await Subprocess.run("isoinfo", ["-i", disc] + arguments).successful().text
    }

    @discardableResult
    private func run(_ world: World, _ job: Job, _ profile: Profile) async throws -> [FaultPoint] {
        let life = try await Life(world, profile: profile)
        try await life.receive(job)
        try await life.finish(job.id)
        return await life.points()
    }
}

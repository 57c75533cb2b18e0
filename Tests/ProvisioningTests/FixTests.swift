import FleetModel
import FleetTestSupport
import Hypervisor
import Placement
@testable import Provisioning
import Testing

/// A definition that somebody has changed, or whose profile has a new version, is made right.
@Suite struct FixTests {
    @Test func whatSomebodyChangedIsChangedBack() async throws {
        let (world, before) = try await editedClone {
            $0.replacing("'>2</vcpu>", with: "'>1</vcpu>").replacing(">2</vcpu>", with: ">1</vcpu>")
        }
        #expect(try await drift(world)?.map(\.setting) == ["vcpu"])
        try await run(world, try fix(world))
        #expect(world.last(of: World.jobID(2))?.state == .succeeded)
        #expect(world.last(of: World.jobID(2))?.message == "1 settings changed")
        #expect(try await drift(world) == [])
        #expect(try await definition(world).vcpus == before.vcpus)
        let after = try await definition(world)
        #expect(after.macs == before.macs && after.genID == before.genID)
    }

    @Test func aNewVersionOfTheProfileTakesEffectAtTheNextStart() async throws {
        let world = try await World()
        try await run(world, try world.clone())
        var profile = Life.profile
        (profile.memoryMiB, profile.autostart) = (8192, true)
        try await run(world, try fix(world), profile: profile)
        #expect(world.last(of: World.jobID(2))?.state == .succeeded)
        #expect(world.last(of: World.jobID(2))?.message?.hasSuffix("in effect from the next start") == true)
        let domain = try await hypervisor(world).domain(World.vm())
        #expect(domain.autostart && domain.state == .running)
        #expect(try await definition(world).memoryBytes == 8 << 30)
        #expect(try await drift(world) == [])
    }

    @Test func nothingIsDoneToWhatIsRight() async throws {
        let world = try await World()
        try await run(world, try world.clone(start: false))
        let life = try await Life(world)
        try await life.receive(try fix(world))
        try await life.finish(World.jobID(2))
        #expect(world.last(of: World.jobID(2))?.message == "nothing to change")
        #expect(life.hypervisor.calls(of: .define) == 0)
    }

    /// A newer agent knows keys that the profile in an older VM's definition does not have.
    @Test func whatANewerAgentKnowsIsNoDrift() async throws {
        let (world, _) = try await editedClone { xml in
            xml.replacing("&quot;usbRedirections&quot;:2,", with: "")
        }
        #expect(try await definition(world).profile?["usbRedirections"] == nil)
        #expect(try await drift(world) == [])
    }

    @Test func aDiskThatSomebodyAddedStaysAndIsNamed() async throws {
        let disk = """
            <disk type="file" device="disk"><source file="/srv/mine.img"/><target dev="sdc" bus="scsi"/></disk>
            """
        let (world, _) = try await editedClone { $0.replacing("<devices>", with: "<devices>\(disk)") }
        try await run(world, try fix(world))
        #expect(world.last(of: World.jobID(2))?.message == "nothing to change; left as they are: devices/disk[sdc]")
        #expect(try await definition(world).disks.contains { $0.file == "/srv/mine.img" })
    }

    @Test func aVMThatVirtfleetDidNotMakeIsLeftAlone() async throws {
        let world = try await World()
        let id = VMID.random()
        _ = try await hypervisor(world).define(CloneTests.foreignVM(name: "mine", id: id))
        try await run(world, try world.job(2, .vmFix, FixArguments(vm: id)))
        #expect(world.last(of: World.jobID(2))?.reason == "not-ours")
        let domain = try await hypervisor(world).domain(id)
        #expect(try await inspection(world).differences(of: domain) == nil)
    }

    @Test func aBridgeThatIsNotThereIsSaidBeforeAnythingIsTouched() async throws {
        let world = try await World()
        try await run(world, try world.clone(start: false))
        let before = try await hypervisor(world).definition(of: World.vm())
        var profile = Life.profile
        profile.networks = [.bridge("br-nowhere")]
        try await run(world, try fix(world), profile: profile)
        #expect(world.last(of: World.jobID(2))?.reason == "no-bridge")
        #expect(try await hypervisor(world).definition(of: World.vm()) == before)
    }

    @Test func everyCrashOfAFixEndsWithTheDefinitionRight() async throws {
        let edit: (String) -> String = {
            $0.replacing("discard='unmap'", with: "").replacing("discard=\"unmap\"", with: "")
        }
        var profile = Life.profile
        profile.autostart = true
        let (undisturbed, _) = try await editedClone(edit)
        let points = try await run(undisturbed, try fix(undisturbed), profile: profile)
        #expect(points.count == 2 * 3 + 4, "\(points)")
        for point in points {
            let (world, _) = try await editedClone(edit)
            let life = try await Life(world, profile: profile, crashAt: { $0 == point })
            try await life.receive(try fix(world))
            #expect(try await life.crashed(), "\(point)")
            try await Life(world, profile: profile).finish(World.jobID(2))
            #expect(world.last(of: World.jobID(2))?.state == .succeeded, "\(point)")
            #expect(try await definition(world).disks.count == 1, "\(point)")
            #expect(try await hypervisor(world).definition(of: World.vm()).contains("unmap"), "\(point)")
            #expect(try await hypervisor(world).domain(World.vm()).autostart, "\(point)")
        }
    }

    @Test func whatSomebodyChangesDuringTheJobIsNotOverwritten() async throws {
        let (world, _) = try await editedClone { $0.replacing("unmap", with: "ignore") }
        let life = try await Life(
            world,
            during: { point, hypervisor in
                guard point.step == "definition", point.moment == .afterIntent else { return }
                let xml = try await hypervisor.definition(of: World.vm())
                _ = try await hypervisor.define(xml.replacing("writeback", with: "none"))
            })
        try await life.receive(try fix(world))
        try await life.finish(World.jobID(2))
        #expect(world.last(of: World.jobID(2))?.state == .failed)
        #expect(world.last(of: World.jobID(2))?.reason == "vm-changed")
        #expect(try await hypervisor(world).definition(of: World.vm()).contains("'none'"))
    }

    // Helpers

    /// A VM that is off, whose definition somebody has edited; with the definition as it was made.
    private func editedClone(_ edit: (String) -> String) async throws -> (World, DomainDefinition) {
        let world = try await World()
        try await run(world, try world.clone(start: false))
        let hypervisor = try hypervisor(world)
        let xml = try await hypervisor.definition(of: World.vm())
        let edited = edit(xml)
        #expect(edited != xml)
        _ = try await hypervisor.define(edited)
        return (world, try DomainDefinition(xml: xml))
    }

    private func fix(_ world: World) throws -> Job { try world.job(2, .vmFix, FixArguments(vm: World.vm())) }

    private func hypervisor(_ world: World) throws -> InMemoryHypervisor {
        try InMemoryHypervisor(directory: world.directory.file("hypervisor"))
    }

    private func definition(_ world: World) async throws -> DomainDefinition {
        try DomainDefinition(xml: await hypervisor(world).definition(of: World.vm()))
    }

    private func inspection(_ world: World) async throws -> DriftInspection {
        DriftInspection(try await Life(world).host)
    }

    private func drift(_ world: World) async throws -> [SettingDifference]? {
        try await inspection(world).differences(of: hypervisor(world).domain(World.vm()))
    }

    @discardableResult
    private func run(_ world: World, _ job: Job, profile: Profile = Life.profile) async throws -> [FaultPoint] {
        let life = try await Life(world, profile: profile)
        try await life.receive(job)
        try await life.finish(job.id)
        return await life.points()
    }
}

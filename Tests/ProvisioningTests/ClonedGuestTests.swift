import FleetModel
import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import HTTPClient
import Hypervisor
import ImageStore
@testable import Provisioning
import Signing
import Subprocess
import Testing

/// With a real libvirtd and a guest that boots: the whole life of a clone, with an agent that dies in between.
@Suite struct ClonedGuestTests {
    @Test func aCloneBootsStopsAndGoes() async throws {
        let world = try await World()
        let libvirt = try PrivateLibvirt()
        try await libvirt.start()
        let image = try admitGuestImage(to: world)
        let clone = try world.job(
            1, .vmClone, CloneArguments(name: ResourceName("office")!, image: image, profile: World.profile))

        let first = try await agent(world, libvirt) { $0.step == "start" && $0.moment == .afterEffect }
        let firstRun = Task { try await first.runner.run() }
        await first.runner.receive(envelope: try world.envelope([clone]))
        await #expect(throws: Life.Crash.self) { try await firstRun.value }
        await first.hypervisor.close()

        let second = try await agent(world, libvirt)
        let run = Task { try await second.runner.run() }
        #expect(try await eventually(within: .seconds(300)) { world.ended(clone.id) })
        #expect(world.last(of: clone.id)?.state == .succeeded, "\(world.last(of: clone.id)?.message ?? "")")
        #expect(try await second.hypervisor.domains().map(\.id) == [World.vm()])
        #expect(try await second.hypervisor.guestAgentAnswers(World.vm(), within: .seconds(5)))
        #expect(try world.files(of: clone.id) == ["console.log", "disk.qcow2", "seed.iso", "variables.fd"])
        try await expectItKnowsItself(GuestShell(uri: libvirt.uri, name: "office"))

        let stop = try world.job(2, .vmStop, StopArguments(vm: World.vm()))
        let delete = try world.job(3, .vmDelete, VMArguments(vm: World.vm()))
        await second.runner.receive(envelope: try world.envelope([stop, delete]))
        #expect(try await eventually(within: .seconds(180)) { world.ended(stop.id) && world.ended(delete.id) })
        for id in [stop.id, delete.id] {
            #expect(world.last(of: id)?.state == .succeeded, "\(world.last(of: id)?.message ?? "")")
        }
        #expect(try await second.hypervisor.domains() == [])
        #expect(try world.files(of: clone.id) == nil)
        #expect(DurableFile.exists(world.directory.file("images/\(image.digest)")))

        run.cancel()
        try await run.value
        await second.hypervisor.close()
        await libvirt.stop()
    }

    /// What the guest reads of itself: by its SMBIOS tables, and from the seed disc with the kernel of cloud images.
    private func expectItKnowsItself(_ guest: GuestShell) async throws {
        let vm = World.vm().description
        let tables = try await guest.output("cat /sys/class/dmi/id/product_uuid /sys/class/dmi/id/product_serial")
        #expect(tables == "\(vm)\n\(vm)\n")
        let disc = try await guest.output(
            "mkdir -p /run/seed && mount -t iso9660 -o ro /dev/sr0 /run/seed && cd /run/seed && ls && cat meta-data user-data"
        )
        #expect(
            disc == """
                meta-data
                user-data
                instance-id: "\(vm)"
                local-hostname: "office"
                #cloud-config
                {}

                """)
        #expect(try await guest.output("dd if=/dev/sr0 bs=1 skip=32808 count=6 2>/dev/null") == SeedContent.volumeLabel)
    }

    /// Puts the guest's image where a fetch would have put it.
    private func admitGuestImage(to world: World) throws -> ImageReference {
        let file = world.directory.file("guest.qcow2")
        try GuestImage.copy(to: file)
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: file)))
        let virtualSize = bytes[24..<32].reduce(0) { $0 << 8 | UInt64($1) }
        let image = ImageReference(
            template: ResourceName("tiny")!, version: ResourceName("1")!, digest: SHA256Hasher.digest(of: bytes),
            format: .qcow2, sizeBytes: UInt64(bytes.count), virtualSizeBytes: virtualSize)
        try DurableFile.publish(file, as: world.directory.file("images/\(image.digest)"), mode: 0o444)
        return image
    }

    private func agent(
        _ world: World, _ libvirt: PrivateLibvirt, crashAt: @escaping @Sendable (FaultPoint) -> Bool = { _ in false }
    ) async throws -> (runner: JobRunner, hypervisor: LibvirtHypervisor) {
        let logger = Logger(label: "test", level: .error, sink: { _, _ in })
        let hypervisor = try LibvirtHypervisor(uri: libvirt.uri, logger: logger)
        _ = await hypervisor.events.next()
        var profile = Life.profile
        profile.memoryMiB = 256
        profile.vcpus = 1
        profile.guestAgentTimeoutSeconds = 240
        profile.consoleLog = true
        profile.seed = .cloudInit
        let host = JobHost(
            hypervisor: hypervisor,
            images: BaseImageStore(directory: world.directory.file("images"), client: HTTPClient()),
            imageSource: { ImageSource(url: "", token: "") }, profiles: [World.profile: profile],
            vmDirectory: world.vmDirectory, exportDirectory: world.exportDirectory,
            facilities: HostFacilities(accelerator: { .tcg }))
        let runner = try await JobRunner(
            configuration: JobRunner.Configuration(
                fleet: World.fleet, host: World.hostID, keys: [world.key.verifyingKey]),
            host: host, journal: JobJournal(path: world.journalPath, bootID: "boot"),
            outlets: JobRunner.Outlets(
                report: { report, _ in world.reports.withLock { $0.append(report) } }, deferred: { _, _ in },
                progress: { _ in }, refused: { _ in }),
            logger: logger, isClockSynchronised: { true }, fault: { if crashAt($0) { throw Life.Crash() } })
        return (runner, hypervisor)
    }
}

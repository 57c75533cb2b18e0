import FleetModel
import FleetRuntime
import FleetTestSupport
import HTTPClient
import Hypervisor
import ImageStore
import Placement
@testable import Provisioning
import Subprocess
import Testing

/// With a real libvirtd and a QEMU whose threads the kernel is asked for.
@Suite struct PlacedGuestTests {
    @Test func aGuestsThreadsRunWhereThePlanWantsThem() async throws {
        let world = try await World()
        let libvirt = try PrivateLibvirt()
        try await libvirt.start()
        let logger = Logger(label: "test", level: .error, sink: { _, _ in })
        let hypervisor = try LibvirtHypervisor(uri: libvirt.uri, logger: logger)
        _ = await hypervisor.events.next()
        // As far as the agent sees, one core at first, so that the guest shares it with the host.
        let machine = ChangingMachine(
            MachineInventory(cpu: Machine.cpu(cores: 1, threads: 1), memory: Machine.memory(16), pci: []))
        var profile = Life.profile
        profile.memoryMiB = 128
        profile.vcpus = 1
        profile.tpm = false
        profile.pinning = .focus
        profile.ioThreads = 1
        profile.firmware = FirmwareFiles(
            code: "/usr/share/OVMF/OVMF_CODE_4M.fd", variables: "/usr/share/OVMF/OVMF_VARS_4M.fd")
        let runner = try await JobRunner(
            configuration: JobRunner.Configuration(
                fleet: World.fleet, host: World.hostID, keys: [world.key.verifyingKey]),
            host: JobHost(
                hypervisor: hypervisor,
                images: BaseImageStore(directory: world.directory.file("images"), client: HTTPClient()),
                imageSource: { ImageSource(url: "", token: "") }, profiles: [World.profile: profile],
                vmDirectory: world.vmDirectory, exportDirectory: world.exportDirectory,
                facilities: HostFacilities(
                    accelerator: { .tcg }, inventory: machine.take, weighsGuests: !libvirt.uri.contains("session"))),
            journal: JobJournal(path: world.journalPath, bootID: "boot"),
            outlets: JobRunner.Outlets(
                report: { report, _ in world.reports.withLock { $0.append(report) } }, deferred: { _, _ in },
                progress: { _ in }, refused: { _ in }),
            logger: logger, isClockSynchronised: { true })
        let run = Task { try await runner.run() }
        func carryOut(_ job: Job) async throws {
            await runner.receive(envelope: try world.envelope([job]))
            #expect(try await eventually(within: .seconds(60)) { world.ended(job.id) })
            #expect(world.last(of: job.id)?.state == .succeeded, "\(world.last(of: job.id)?.message ?? "")")
        }
        /// `y` and `-` of each thread of the machine.
        func affinity() async throws -> [Substring] {
            let text = try await Subprocess.run("virsh", ["-c", libvirt.uri, "vcpuinfo", "office"]).successful().text
            return text.split(separator: "\n").filter { $0.hasPrefix("CPU Affinity:") }
                .compactMap { $0.split(separator: " ").last?.prefix(2) }
        }

        try await carryOut(try world.clone())
        #expect(try await affinity() == ["y-"])
        machine.inventory?.cpu = Machine.cpu(cores: 2, threads: 1)
        try await carryOut(try world.job(2, .vmFocus, VMArguments(vm: World.vm())))
        #expect(try await affinity() == ["-y"])
        // What was changed live is not in the definition; the next start decides anew.
        try await carryOut(try world.job(3, .vmStop, StopArguments(vm: World.vm(), force: true)))
        #expect(try await hypervisor.domain(World.vm()).placement?.processors.vcpus == [CPUSet([0])])
        try await carryOut(try world.job(4, .vmStart, VMArguments(vm: World.vm())))
        #expect(try await affinity() == ["-y"])
        #expect(try await hypervisor.domain(World.vm()).placement?.processors.emulator == CPUSet([0]))

        try await carryOut(try world.job(5, .vmDelete, VMArguments(vm: World.vm())))
        run.cancel()
        try await run.value
        await hypervisor.close()
        await libvirt.stop()
    }
}

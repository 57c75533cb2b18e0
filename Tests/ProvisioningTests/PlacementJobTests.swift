import FleetModel
import FleetRuntime
import FleetTestSupport
import Hypervisor
import Placement
@testable import Provisioning
import Synchronization
import Testing

/// VMs get their parts of the machine when they start, and others' when those go. The machine has 8 cores with two
/// threads each: core n has the threads n and n + 8.
@Suite struct PlacementJobTests {
    private let machine = ChangingMachine(
        MachineInventory(
            cpu: Machine.cpu(cores: 8), memory: Machine.memory(64),
            pci: [
                Machine.device("0000:02:00.0", "0200", group: 2), Machine.device("0000:03:00.0", "0200", group: 3),
            ]))

    @Test func aCloneStartsOnItsPlace() async throws {
        let world = try await World()
        var profile = Self.profile(.dedicated)
        profile.maximumMemoryMiB = 8192
        profile.hostDevices = [DeviceSelector(role: .nic)]
        let life = try await run(world, try world.clone(), profile)
        let domain = try await life.hypervisor.domain(World.vm())
        #expect(domain.demand == profile.demand(of: World.vm(), named: "office"))
        #expect(pins(domain) == "1 9 2 10")
        #expect(domain.placement?.processors.emulator == CPUSet([0, 8]))
        #expect(domain.placement?.processors.topology == VMPlacement.GuestTopology(cores: 2, threads: 2))
        #expect(domain.memoryBytes == 8 << 30)
        #expect(domain.hostDevices == [PCIAddress("0000:02:00.0")])
        // Made once, with the definition.
        #expect(life.hypervisor.calls(of: .define) == 1)
    }

    @Test func whereTheMachineCannotBeSeenNothingIsBound() async throws {
        machine.inventory = nil
        let world = try await World()
        let life = try await run(world, try world.clone(), Self.profile(.dedicated))
        let domain = try await life.hypervisor.domain(World.vm())
        #expect(pins(domain) == "" && domain.memoryBytes == 4 << 30)
        let focus = try await self.focus(world, 2, expecting: .rejected)
        #expect(world.last(of: focus)?.reason == "no-processors")
    }

    @Test func whatDoesNotFitIsRejectedWithAllReasons() async throws {
        let world = try await World()
        var profile = Self.profile(.dedicated)
        profile.vcpus = 16
        profile.memoryMiB = 1 << 20
        profile.hostDevices = [DeviceSelector(role: .gpu)]
        let job = try world.clone()
        try await run(world, job, profile, expecting: .rejected)
        let report = try #require(world.last(of: job.id))
        #expect(report.reason == "no-place")
        for word in ["whole cores", "1 TiB of memory", "gpu", "choose pinning focus or shared"] {
            #expect(report.message?.contains(word) == true, "\(word): \(report.message ?? "")")
        }
        try await expectNothing(world, job.id)
    }

    @Test func othersMakeRoomLiveAndGetItBack() async throws {
        let world = try await World()
        try await run(world, try world.clone(1, name: "one"), Self.profile(.shared))
        let life = try await run(world, try world.clone(2, name: "two"), Self.profile(.dedicated))
        #expect(pins(try await life.hypervisor.domain(World.vm(1))) == "3-7,11-15")
        #expect(pins(try await life.hypervisor.domain(World.vm(2))) == "1 9 2 10")
        #expect(life.hypervisor.calls(of: .pin) == 1)
        let stopped = try await run(world, try world.job(3, .vmStop, StopArguments(vm: World.vm(2))))
        #expect(pins(try await stopped.hypervisor.domain(World.vm(1))) == "1-7,9-15")
        // At the next start the first one has cores of its own, and the second one makes room.
        try await run(world, try world.job(4, .vmStop, StopArguments(vm: World.vm(1))))
        try await run(world, try world.job(5, .vmStart, VMArguments(vm: World.vm(1))))
        let restarted = try await run(world, try world.job(6, .vmStart, VMArguments(vm: World.vm(2))))
        #expect(pins(try await restarted.hypervisor.domain(World.vm(1))) == "3-7,11-15")
        let deleted = try await run(world, try world.job(7, .vmDelete, VMArguments(vm: World.vm(2))))
        #expect(pins(try await deleted.hypervisor.domain(World.vm(1))) == "1-7,9-15")
    }

    /// A guest that shuts down by itself leaves its cores to others.
    @Test func whatAGuestLeavesBehindIsGivenToOthers() async throws {
        let world = try await World()
        try await run(world, try world.clone(1, name: "one"), Self.profile(.shared))
        try await run(world, try world.clone(2, name: "two"), Self.profile(.dedicated))
        let life = try await life(world)
        try await life.hypervisor.destroy(World.vm(2))
        #expect(pins(try await life.hypervisor.domain(World.vm(1))) == "3-7,11-15")
        await life.runner.vmStopped(World.vm(2))
        _ = try await eventually { [pins] in pins(try await life.hypervisor.domain(World.vm(1))) == "1-7,9-15" }
        #expect(life.hypervisor.calls(of: .pin) == 1)
        _ = await life.runner.moves.next()
        try await life.stop()
    }

    /// While the host prepares to sleep, and sleeps.
    @Test func whatASavedVMLeavesIsKeptForIt() async throws {
        let world = try await World()
        try await run(world, try world.clone(1, name: "one"), Self.profile(.shared))
        try await run(world, try world.clone(2, name: "two"), Self.profile(.dedicated))
        let life = try await life(world)
        _ = await life.runner.hold()
        try await life.hypervisor.save(World.vm(2))
        await life.runner.vmStopped(World.vm(2))
        try await Task.sleep(for: .milliseconds(1500))
        #expect(life.hypervisor.calls(of: .pin) == 0)
        try await life.hypervisor.start(World.vm(2))
        await life.runner.release()
        _ = await life.runner.moves.next()
        #expect(pins(try await life.hypervisor.domain(World.vm(1))) == "3-7,11-15")
        try await life.stop()
    }

    /// The job would find the place taken, or its pages gone.
    @Test func whoAJobWorksOnIsLeftToTheJob() async throws {
        let world = try await World()
        try await run(world, try world.clone(1, name: "one"), Self.profile(.shared))
        try await run(world, try world.clone(2, name: "two"), Self.profile(.dedicated))
        let paused = Mailbox<Void>(capacity: 1)
        let goOn = Mailbox<Void>(capacity: 1)
        let life = try await Life(
            world, inventory: { [machine] in await machine.take($0) },
            during: { point, _ in
                guard point.moment == .afterIntent else { return }
                paused.send(())
                _ = await goOn.next()
            })
        let stop = try world.job(3, .vmStop, StopArguments(vm: World.vm(2), force: true))
        try await life.receive(stop)
        _ = try await eventually { paused.count == 1 }
        await life.runner.vmStopped(World.vm(2))
        try await life.hypervisor.destroy(World.vm(2))
        try await Task.sleep(for: .milliseconds(1500))
        #expect(life.hypervisor.calls(of: .pin) == 0)
        goOn.send(())
        try await life.finish(stop.id)
        #expect(pins(try await life.hypervisor.domain(World.vm(1))) == "1-7,9-15")
    }

    @Test func aStartThatFailsGivesBackWhatOthersMadeRoomFor() async throws {
        let world = try await World()
        try await run(world, try world.clone(1, name: "one"), Self.profile(.shared))
        try await run(world, try world.clone(2, name: "two", start: false), Self.profile(.dedicated))
        let life = try await run(
            world, try world.job(3, .vmStart, VMArguments(vm: World.vm(2))), expecting: .failed
        ) {
            $0.fail(.start, with: HypervisorError(.failed, operation: "start", object: "two", message: "no"))
        }
        #expect(life.hypervisor.calls(of: .pin) == 2)
        #expect(pins(try await life.hypervisor.domain(World.vm(1))) == "1-7,9-15")
    }

    @Test func aStartFollowsWhatHasMoved() async throws {
        let world = try await World()
        var profile = Self.profile(.shared)
        profile.hostDevices = [DeviceSelector(role: .nic, id: PCIDeviceID("8086:1533"))]
        try await run(world, try world.clone(start: false), profile)
        machine.inventory?.pci = [Machine.device("0000:05:00.0", "0200", group: 7)]
        let life = try await run(world, try world.job(2, .vmStart, VMArguments(vm: World.vm())))
        #expect(try await life.hypervisor.domain(World.vm()).hostDevices == [PCIAddress("0000:05:00.0")])
        // And is refused when there is none.
        try await run(world, try world.job(3, .vmStop, StopArguments(vm: World.vm())))
        machine.inventory?.pci = []
        let start = try world.job(4, .vmStart, VMArguments(vm: World.vm()))
        try await run(world, start, expecting: .rejected)
        #expect(world.last(of: start.id)?.reason == "no-place")
    }

    @Test func aCloneThatDoesNotStartNeedsNothingThatIsInUse() async throws {
        let world = try await World()
        var profile = Self.profile(.dedicated)
        profile.vcpus = 12
        try await run(world, try world.clone(1, name: "one"), profile)
        try await run(world, try world.clone(2, name: "two", start: false), profile)
        let third = try world.clone(3, name: "three")
        try await run(world, third, profile, expecting: .rejected)
        #expect(world.last(of: third.id)?.reason == "no-place")
    }

    @Test func theForegroundMovesAndStays() async throws {
        let world = try await World()
        for (number, name) in [(1, "one"), (2, "two")] {
            try await run(world, try world.clone(number, name: name), Self.profile(.focus))
        }
        func check(_ one: String, _ two: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
            let hypervisor = try InMemoryHypervisor(directory: world.directory.file("hypervisor"))
            #expect(pins(try await hypervisor.domain(World.vm(1))) == one, sourceLocation: sourceLocation)
            #expect(pins(try await hypervisor.domain(World.vm(2))) == two, sourceLocation: sourceLocation)
        }
        try await check("1-7,9-15", "1-7,9-15")
        try await focus(world, 3, on: 1)
        try await check("1 9 2 10", "3-7,11-15")
        // Who is in the foreground stays there when others come and go.
        try await run(world, try world.clone(4, name: "three"), Self.profile(.shared))
        try await run(world, try world.job(5, .vmDelete, VMArguments(vm: World.vm(4))))
        try await check("1 9 2 10", "3-7,11-15")
        try await focus(world, 6, on: 2)
        try await check("3-7,11-15", "1 9 2 10")
        let again = try await run(world, try world.job(7, .vmFocus, VMArguments(vm: World.vm(2))))
        #expect(again.hypervisor.calls(of: .pin) == 0)
        try await run(world, try world.job(8, .vmStop, StopArguments(vm: World.vm(2))))
        let off = try await focus(world, 9, on: 2, expecting: .rejected)
        #expect(world.last(of: off)?.reason == "not-running")
    }

    @Test func aForegroundWithoutCoresIsExplained() async throws {
        machine.inventory?.cpu = Machine.cpu(cores: 2)
        let world = try await World()
        try await run(world, try world.clone(), Self.profile(.focus))
        let job = try await focus(world, 2)
        #expect(world.last(of: job)?.message?.contains("too few whole cores") == true)
    }

    /// Its cores and its device are its own, its memory counts, and it is left alone.
    @Test func othersVMsAreSeenAndNeverChanged() async throws {
        let world = try await World()
        let foreign = try InMemoryHypervisor(directory: world.directory.file("hypervisor"))
        let id = VMID.random()
        let specification = DomainSpecification(
            name: "theirs", id: id, memoryBytes: 40 << 30, vcpus: 2, genID: .init(), accelerator: .tcg,
            firmware: .init(
                loaderPath: "/code", nvramPath: world.directory.file("nvram"),
                nvramTemplatePath: world.directory.file("root/usr/share/OVMF/OVMF_VARS_4M.fd"), secureBoot: false),
            tpm: false, disks: [], networks: [],
            // A copy of one of ours: its identity is another.
            origin: VMDocument.Origin(job: World.jobID(9), template: world.image.digest, profile: "small"),
            demand: Self.profile(.shared).demand(of: id, named: "theirs"),
            placement: VMPlacement(
                processors: .init(
                    topology: .init(cores: 2), ownsCores: true, vcpus: [CPUSet([1]), CPUSet([2])],
                    emulator: CPUSet([]), weight: 100),
                memory: .init(bytes: 40 << 30), devices: [.init(address: PCIAddress("0000:02:00.0")!)]))
        _ = try await foreign.define(specification.xml())
        try await foreign.start(id)

        var profile = Self.profile(.dedicated)
        profile.hostDevices = [DeviceSelector(role: .nic)]
        let life = try await run(world, try world.clone(), profile)
        let ours = try await life.hypervisor.domain(World.vm())
        #expect(pins(ours) == "3 11 4 12" && ours.hostDevices == [PCIAddress("0000:03:00.0")])
        #expect(machine.assignments == [PCIAddress("0000:02:00.0")!: "theirs"])
        #expect(life.hypervisor.calls(of: .pin) == 0)
        profile.hostDevices = []
        profile.memoryMiB = 16 << 10
        let tooMuch = try world.clone(2, name: "two")
        try await run(world, tooMuch, profile, expecting: .rejected)
        #expect(world.last(of: tooMuch.id)?.message?.contains("16 GiB of memory") == true)
    }

    /// Both look at what is free; one of them gets it.
    @Test func twoStartsAtATimeDoNotTakeTheSame() async throws {
        let world = try await World()
        for (number, name) in [(1, "one"), (2, "two")] {
            try await run(world, try world.clone(number, name: name, start: false), Self.profile(.dedicated))
        }
        let life = try await life(world)
        let jobs = try [1, 2].map { try world.job(2 + $0, .vmStart, VMArguments(vm: World.vm($0))) }
        try await life.receive(jobs[0], jobs[1])
        try await life.finish(jobs[0].id, jobs[1].id)
        let both = [
            pins(try await life.hypervisor.domain(World.vm(1))), pins(try await life.hypervisor.domain(World.vm(2))),
        ]
        #expect(Set(both) == ["1 9 2 10", "3 11 4 12"])
    }

    @Test func aVMThatCannotBeMovedKeepsNobodyFromStarting() async throws {
        let world = try await World()
        try await run(world, try world.clone(1, name: "one"), Self.profile(.shared))
        try await run(world, try world.clone(2, name: "two"), Self.profile(.dedicated)) {
            $0.fail(.pin, with: HypervisorError(.invalidState, operation: "pin", object: "one", message: "no threads"))
        }
    }

    @Test func whereGuestsAreWeighedWeightsAreWritten() async throws {
        let world = try await World()
        var profile = Self.profile(.shared)
        profile.weight = 700
        let plain = try await run(world, try world.clone(), profile)
        #expect(try await plain.hypervisor.domain(World.vm()).placement?.processors.weight == 100)
        machine.weighs = true
        // It runs, and gets its weight with the next plan.
        let life = try await run(world, try world.clone(2, name: "two"), profile)
        #expect(life.hypervisor.calls(of: .weight) == 1)
        for number in [1, 2] {
            #expect(try await life.hypervisor.domain(World.vm(number)).placement?.processors.weight == 700)
        }
    }

    // Helpers

    private static func profile(_ pinning: VMDemand.Pinning) -> Profile {
        var profile = Life.profile
        profile.vcpus = 4
        profile.pinning = pinning
        return profile
    }

    private func life(
        _ world: World, _ profile: Profile = Life.profile, configure: (InMemoryHypervisor) -> Void = { _ in }
    ) async throws -> Life {
        try await Life(
            world, profile: profile,
            inventory: { [machine] in
                // Who looks meanwhile sees the same.
                try? await Task.sleep(for: .milliseconds(20))
                return await machine.take($0)
            }, weighsGuests: machine.weighs, configure: configure)
    }

    @discardableResult
    private func run(
        _ world: World, _ job: Job, _ profile: Profile = Life.profile, expecting state: JobState = .succeeded,
        configure: (InMemoryHypervisor) -> Void = { _ in }
    ) async throws -> Life {
        let life = try await life(world, profile, configure: configure)
        try await life.receive(job)
        try await life.finish(job.id)
        #expect(world.last(of: job.id)?.state == state, "\(world.last(of: job.id)?.message ?? "")")
        return life
    }

    @discardableResult
    private func focus(
        _ world: World, _ number: Int, on vm: Int = 1, expecting state: JobState = .succeeded
    ) async throws -> JobID {
        let job = try world.job(number, .vmFocus, VMArguments(vm: World.vm(vm)))
        try await run(world, job, expecting: state)
        return job.id
    }

    private func pins(_ domain: Domain) -> String {
        let processors = domain.placement?.processors
        let sets = (processors?.vcpus ?? []).map(\.description)
        return processors?.ownsCores == true ? sets.joined(separator: " ") : Set(sets).sorted().joined(separator: " ")
    }
}

/// A machine that a test changes under the agent.
final class ChangingMachine: Sendable {
    private struct State {
        var inventory: MachineInventory?
        var assignments: [PCIAddress: String] = [:]
        var weighs = false
    }

    private let state: Mutex<State>

    init(_ inventory: MachineInventory) { state = Mutex(State(inventory: inventory)) }

    var inventory: MachineInventory? {
        get { state.withLock(\.inventory) }
        set { state.withLock { $0.inventory = newValue } }
    }

    var weighs: Bool {
        get { state.withLock(\.weighs) }
        set { state.withLock { $0.weighs = newValue } }
    }

    /// Those that the agent named at its last look.
    var assignments: [PCIAddress: String] { state.withLock(\.assignments) }

    @Sendable func take(_ assignments: [PCIAddress: String]) async -> MachineInventory? {
        state.withLock { state in
            state.assignments = assignments
            return state.inventory
        }
    }
}

import FleetModel
import FleetRuntime
import FleetTestSupport
import Hypervisor
import Placement
@testable import Provisioning
import Synchronization
import Testing

/// The agent dies at every moment between two effects, and is started again on what it left.
@Suite struct CrashMatrixTests {
    /// What a clone is made of.
    enum Making: String, CaseIterable, CustomTestStringConvertible {
        case overlay
        case copy = "a whole copy"
        case seed = "a seed disc"
        var testDescription: String { rawValue }

        var profile: Profile {
            var profile = Life.profile
            if self == .copy { profile.systemDisk = .copy }
            if self == .seed { profile.seed = .cloudInit }
            return profile
        }
    }

    @Test(arguments: Making.allCases)
    func everyCrashOfACloneEndsWithOneVM(_ making: Making) async throws {
        let points = try await points(making.profile) { try $0.clone() }
        #expect(points.count == 3 * 3 + 4)
        for point in points {
            let world = try await World()
            let job = try world.clone()
            try await crash(world, job, making.profile, at: point)
            let life = try await Life(world, profile: making.profile)
            try await life.finish(job.id)
            #expect(world.last(of: job.id)?.state == .succeeded, "\(point)")
            try await expectCompleteClone(
                world, job.id, isCopy: making == .copy, andAlso: making == .seed ? ["seed.iso"] : [])

            // The controller, restored from a backup, asks once more.
            let again = try await Life(world, profile: making.profile)
            let before = world.states(of: job.id).count
            try await again.receive(job)
            #expect(try await eventually { world.states(of: job.id).count > before })
            try await again.stop()
            #expect(world.last(of: job.id)?.state == .succeeded, "\(point)")
            #expect(again.hypervisor.calls(of: .define) == 0, "\(point)")
            #expect(again.hypervisor.calls(of: .start) == 0, "\(point)")
        }
    }

    @Test func aCrashAtEveryNewMomentOfOneCloneEndsWithOneVM() async throws {
        let world = try await World()
        let job = try world.clone()
        let seen = Seen()
        var crashes = 0
        for moment in 0..<3 * 3 + 4 {
            let life = try await Life(world, crashAt: seen.isNew)
            if moment == 0 { try await life.receive(job) }
            if try await life.crashed() { crashes += 1 }
        }
        #expect(crashes == 3 * 3 + 4)
        let life = try await Life(world)
        try await life.finish(job.id)
        #expect(world.last(of: job.id)?.state == .succeeded)
        try await expectCompleteClone(world, job.id)
    }

    struct Failure: Sendable, CustomTestStringConvertible {
        var operation: InMemoryHypervisor.Operation
        var reason: String
        var testDescription: String { operation.rawValue }
    }

    @Test(
        arguments: [
            Failure(operation: .define, reason: "hypervisor-failed"),
            Failure(operation: .start, reason: "hypervisor-failed"),
        ], Making.allCases)
    func everyCrashOfAFailingCloneLeavesNothing(_ failure: Failure, _ making: Making) async throws {
        let configure: @Sendable (InMemoryHypervisor) -> Void = { hypervisor in
            let error = HypervisorError(.failed, operation: "try", object: "VM", message: "no")
            hypervisor.fail(failure.operation, with: error, error, error)
        }
        let points = try await points(making.profile, configure: configure) { try $0.clone() }
        #expect(points.contains { $0.moment == .beforeUndo })
        for point in points {
            let world = try await World()
            let job = try world.clone()
            try await crash(world, job, making.profile, at: point, configure: configure)
            let life = try await Life(world, profile: making.profile, configure: configure)
            try await life.finish(job.id)
            #expect(world.last(of: job.id)?.state == .rolledBack, "\(point)")
            #expect(world.last(of: job.id)?.reason == failure.reason, "\(point)")
            try await expectNothing(world, job.id)
            #expect(DurableFile.exists(world.basePath))
        }
    }

    @Test func everyCrashOfADeletionEndsWithoutTheVMAndWithTheOthers() async throws {
        let points = try await points(before: [{ try $0.clone() }]) { world in
            try world.job(3, .vmDelete, VMArguments(vm: World.vm()))
        }
        #expect(points.count == 3 * 3 + 4)
        for point in points {
            let world = try await World()
            try await run(world, try world.clone(1, name: "one"))
            try await run(world, try world.clone(2, name: "two"))
            let job = try world.job(3, .vmDelete, VMArguments(vm: World.vm(1)))
            try await crash(world, job, at: point)
            let life = try await Life(world)
            try await life.finish(job.id)
            #expect(world.last(of: job.id)?.state == .succeeded, "\(point)")
            #expect(try world.files(of: World.jobID(1)) == nil, "\(point)")
            #expect(DurableFile.exists(world.basePath))
            try await expectCompleteClone(world, World.jobID(2))
        }
    }

    /// Its mark is where the threads run: whoever comes after a crash moves those that are not there yet.
    @Test func everyCrashOfAFocusEndsWithTheVMInTheForeground() async throws {
        let machine = ChangingMachine(
            MachineInventory(cpu: Machine.cpu(cores: 4), memory: Machine.memory(64), pci: []))
        var profile = Life.profile
        profile.pinning = .focus
        func life(
            _ world: World, crashAt: @escaping @Sendable (FaultPoint) -> Bool = { _ in false }
        ) async throws -> Life {
            try await Life(world, profile: profile, inventory: machine.take, crashAt: crashAt)
        }
        func prepared() async throws -> (World, Job) {
            let world = try await World()
            for (number, name) in [(1, "one"), (2, "two")] {
                let life = try await life(world)
                let clone = try world.clone(number, name: name)
                try await life.receive(clone)
                try await life.finish(clone.id)
            }
            return (world, try world.job(3, .vmFocus, VMArguments(vm: World.vm(2))))
        }
        let (undisturbed, job) = try await prepared()
        let all = try await life(undisturbed)
        try await all.receive(job)
        try await all.finish(job.id)
        let points = await all.points()
        #expect(points.count == 3 + 4)
        for point in points {
            let (world, job) = try await prepared()
            let first = try await life(world) { $0 == point }
            try await first.receive(job)
            #expect(try await first.crashed())
            let second = try await life(world)
            try await second.finish(job.id)
            #expect(world.last(of: job.id)?.state == .succeeded, "\(point)")
            #expect(first.hypervisor.calls(of: .pin) + second.hypervisor.calls(of: .pin) == 2, "\(point)")
            let foreground = try await second.hypervisor.domain(World.vm(2)).placement?.processors
            #expect(foreground?.vcpus == [CPUSet([1]), CPUSet([5])], "\(point)")
            let other = try await second.hypervisor.domain(World.vm(1)).placement?.processors
            #expect(other?.vcpus == [CPUSet([2, 3, 6, 7]), CPUSet([2, 3, 6, 7])], "\(point)")
        }
    }

    struct AtMostOnce: Sendable, CustomTestStringConvertible {
        var kind: JobKindName
        var force = false
        var operation: InMemoryHypervisor.Operation
        var testDescription: String { "\(kind.rawValue)\(force ? " with force" : "")" }

        /// What the VM is before.
        var isRunning = true
        var isPaused = false
        /// Its effect cannot be seen afterwards.
        var leavesNoTrace = false

        func job(_ world: World) throws -> Job {
            let vm = World.vm()
            switch kind {
            case .vmStop: return try world.job(2, kind, StopArguments(vm: vm, force: force))
            case .vmReboot: return try world.job(2, kind, RebootArguments(vm: vm, force: force))
            default: return try world.job(2, kind, VMArguments(vm: vm))
            }
        }
    }

    /// A step without a mark: what a crash may have hidden is not done again.
    @Test(arguments: [
        AtMostOnce(kind: .vmStart, operation: .start, isRunning: false),
        AtMostOnce(kind: .vmStop, operation: .shutdown), AtMostOnce(kind: .vmStop, force: true, operation: .destroy),
        AtMostOnce(kind: .vmSuspend, operation: .suspend),
        AtMostOnce(kind: .vmResume, operation: .resume, isPaused: true),
        AtMostOnce(kind: .vmReboot, operation: .reboot, leavesNoTrace: true),
        AtMostOnce(kind: .vmReboot, force: true, operation: .reset, leavesNoTrace: true),
    ])
    func whatLeavesNoMarkIsNeverDoneTwice(_ subject: AtMostOnce) async throws {
        let clone: @Sendable (World) throws -> Job = { try $0.clone(start: subject.isRunning) }
        let pause: @Sendable (World) throws -> Job = { try $0.job(9, .vmSuspend, VMArguments(vm: World.vm())) }
        let prepare = subject.isPaused ? [clone, pause] : [clone]
        for point in try await points(before: prepare, of: subject.job) {
            let world = try await World()
            for step in prepare { try await run(world, step(world)) }
            let job = try subject.job(world)
            let first = try await crash(world, job, at: point)
            let life = try await Life(world)
            try await life.finish(job.id)
            let calls = first.hypervisor.calls(of: subject.operation) + life.hypervisor.calls(of: subject.operation)
            let isHidden = point.moment == .afterEffect && subject.leavesNoTrace
            if point.moment == .afterIntent || isHidden {
                #expect(calls == (isHidden ? 1 : 0), "\(point)")
                #expect(world.last(of: job.id)?.state == .failed, "\(point)")
                #expect(world.last(of: job.id)?.reason == "interrupted", "\(point)")
            } else {
                #expect(calls == 1, "\(point)")
                #expect(world.last(of: job.id)?.state == .succeeded, "\(point)")
            }
        }
    }

    @Test func aHalfWrittenOverlayIsMadeAgain() async throws {
        let world = try await World()
        let job = try world.clone()
        try await crash(world, job) { $0.moment == .afterIntent && $0.step == "files" }
        try DurableFile.makeDirectory("\(world.vmDirectory)/\(job.id)", mode: 0o711)
        try DurableFile.copy("/proc/self/exe", to: "\(world.vmDirectory)/\(job.id)/disk.qcow2.part", mode: 0o644)
        let life = try await Life(world)
        try await life.finish(job.id)
        #expect(world.last(of: job.id)?.state == .succeeded)
        try await expectCompleteClone(world, job.id)
    }

    /// libvirt leaves out what it does not know, and the agent dies before it looks.
    @Test func aHalfDefinedDomainIsDefinedAgain() async throws {
        let world = try await World()
        let job = try world.clone()
        let life = try await crash(world, job) { $0.moment == .afterEffect && $0.step == "definition" }
        let vm = try #require(try await life.hypervisor.domains().first?.id)
        let whole = try await life.hypervisor.definition(of: vm)
        let half = whole.replacing("<rng", with: "<!-- <rng").replacing("</rng>", with: "</rng> -->")
        #expect(half != whole)
        _ = try await life.hypervisor.define(half)
        let next = try await Life(world)
        try await next.finish(job.id)
        #expect(world.last(of: job.id)?.state == .succeeded)
        #expect(try await next.hypervisor.definition(of: vm) == whole)
        #expect(next.hypervisor.calls(of: .define) == 1)
    }

    @Test func aLostJournalDoesNotDoubleTheVM() async throws {
        let world = try await World()
        let job = try world.clone()
        try await run(world, job)
        for suffix in ["", "-wal", "-shm"] { try DurableFile.remove(world.directory.file("journal.sqlite\(suffix)")) }
        world.reports.withLock { $0 = [] }
        let life = try await run(world, job)
        #expect(world.last(of: job.id)?.state == .succeeded)
        #expect(life.hypervisor.calls(of: .define) == 0)
        try await expectCompleteClone(world, job.id)
    }

    // Helpers

    /// The moments of an undisturbed run.
    private func points(
        _ profile: Profile = Life.profile, before: [@Sendable (World) throws -> Job] = [],
        configure: @escaping @Sendable (InMemoryHypervisor) -> Void = { _ in }, of job: (World) throws -> Job
    ) async throws -> [FaultPoint] {
        let world = try await World()
        for job in before { try await run(world, job(world)) }
        return try await run(world, try job(world), profile, configure: configure).points()
    }

    @discardableResult
    private func run(
        _ world: World, _ job: Job, _ profile: Profile = Life.profile,
        configure: (InMemoryHypervisor) -> Void = { _ in }
    ) async throws -> Life {
        let life = try await Life(world, profile: profile, configure: configure)
        try await life.receive(job)
        try await life.finish(job.id)
        return life
    }

    @discardableResult
    private func crash(
        _ world: World, _ job: Job, _ profile: Profile = Life.profile, at point: FaultPoint,
        configure: @escaping @Sendable (InMemoryHypervisor) -> Void = { _ in }
    ) async throws -> Life {
        try await crash(world, job, profile, configure: configure) { $0 == point }
    }

    @discardableResult
    private func crash(
        _ world: World, _ job: Job, _ profile: Profile = Life.profile,
        configure: @escaping @Sendable (InMemoryHypervisor) -> Void = { _ in },
        at point: @escaping @Sendable (FaultPoint) -> Bool
    ) async throws -> Life {
        let life = try await Life(world, profile: profile, configure: configure, crashAt: point)
        try await life.receive(job)
        #expect(try await life.crashed())
        return life
    }
}

/// The points that crashed already.
private final class Seen: Sendable {
    private let points = Mutex<Set<FaultPoint>>([])
    @Sendable func isNew(_ point: FaultPoint) -> Bool { points.withLock { $0.insert(point).inserted } }
}

import FakeLogin
import FleetModel
import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import HostPower
import Hypervisor
import MessageBus
import Provisioning
import Testing

@testable import FleetAgent

/// The agent's session and a logind that the test plays, on a real dbus-daemon.
@Suite(.timeLimit(.minutes(2))) struct HostSleepTests {
    /// A host with VMs that each have a policy of their own.
    private final class World: Sendable {
        let agent: AgentWorld
        let bus: PrivateMessageBus
        let login: FakeLogin

        init(delay: Duration = .seconds(5)) async throws {
            agent = try AgentWorld()
            bus = try await PrivateMessageBus()
            login = try FakeLogin(on: bus.address, delay: delay)
        }

        /// One life of the agent, which holds its locks and is online.
        func run(
            before: (InMemoryHypervisor) async throws -> Void = { _ in },
            _ body: (AgentWorld.Life) async throws -> Void
        ) async throws {
            let power = HostPower(address: bus.address, logger: Logger(label: "test", level: .error))
            defer { power.close() }
            try await agent.run(power: power.events, before: before) { life in
                try await agent.until("online") { try agent.presence()?.state == .online }
                #expect(try await eventually { login.locks == ["shutdown", "sleep"] })
                try await body(life)
            }
        }

        /// Announces it, and waits until the host may go on.
        func sleep() async throws {
            login.prepareForSleep(true)
            try await untilReleased([.shutdown])
        }

        /// Slowly: a busy machine needs more time than the agent's clock would leave it.
        func untilReleased(_ left: [HostPower.Occasion]) async throws {
            let left = left.map(\.rawValue)
            try await agent.until("the lock is released", stepping: .milliseconds(10)) { login.locks == left }
        }

        /// Whom the agent will let go on, also after its end.
        var remembered: String? {
            try? String(contentsOfFile: agent.directory.file("asleep.json"), encoding: .utf8)
        }

        func wake() async throws {
            login.prepareForSleep(false)
            try await agent.until("online again") { try agent.presence()?.state == .online }
        }

        func until(_ what: Comment, _ life: AgentWorld.Life, _ states: [VMID: VMDocument.State]) async throws {
            try await agent.until(what, stepping: .milliseconds(10)) {
                for (id, state) in states where try await life.hypervisor.domain(id).state != state { return false }
                return true
            }
        }
    }

    /// A VM that virtfleet made.
    private static func define(
        _ name: String, _ onSleep: HostPowerPolicy.SleepAction = .pause,
        _ onShutdown: HostPowerPolicy.ShutdownAction = .shutdown, memoryMiB: Int = 256,
        in hypervisor: InMemoryHypervisor
    ) async throws -> VMID {
        let job = JobID.random()
        let id = CloneIdentity(job: job).vm
        let xml = domainXML(id, name).replacing("<memory unit='GiB'>4<", with: "<memory unit='MiB'>\(memoryMiB)<")
            .replacing(
                "</devices>",
                with: """
                    </devices><metadata><v:vm xmlns:v="https://virtfleet.dev/xmlns/vm/1" job="\(job)" profile="p"
                    template="\(String(repeating: "ab", count: 32))" onHostSleep="\(onSleep.rawValue)"
                    onHostShutdown="\(onShutdown.rawValue)"><v:demand pinning="shared" minimumMemory="1"
                    maximumMemory="1" hugePages="none"/></v:vm></metadata>
                    """)
        _ = try await hypervisor.define(xml)
        try await hypervisor.start(id)
        return id
    }

    @Test func theControllerIsToldBeforeTheHostSleepsAndAgainWhenItIsAwake() async throws {
        let world = try await World()
        try await world.run { life in
            let session = try #require(try world.agent.presence()?.session)
            let watcher = InMemoryBus(world.agent.broker, clientID: "watcher")
            try await watcher.subscribe("#", qos: .atLeastOnce)
            await watcher.connect { ConnectionAttempt(will: nil) }
            world.login.prepareForSleep(true)
            let topic = Topic.presence(world.agent.host).name(in: world.agent.fleet)
            while let event = await watcher.events.next() {
                guard case .message(let message) = event, message.topic == topic, !message.retain else { continue }
                let presence = try FleetJSON.decode(Presence.self, from: Data(message.payload))
                #expect(presence.state == .sleeping && presence.session == session)
                break
            }
            try await world.untilReleased([.shutdown])
            #expect(try world.agent.presence()?.state == .sleeping, "no will follows")
            await #expect(throws: BusError.notConnected) {
                try await life.bus.publish(BusMessage(topic: topic, payload: [1]))
            }
            #expect(world.agent.jobs.isHeld)
            try await world.wake()
            #expect(try world.agent.presence()?.session != session)
            try await world.agent.until("jobs start again") { !world.agent.jobs.isHeld }
            #expect(world.login.locks == ["shutdown", "sleep"])
            #expect(
                try await world.agent.recorded(by: life).filter { $0.hasPrefix("host.power") }
                    == ["host.power sleeping"])
            await watcher.disconnect()
        }
        #expect(try world.agent.presence()?.state == .offline)
    }

    @Test func whatWasHeldForTheHostsSleepGoesOnAndNothingElse() async throws {
        let world = try await World()
        try await world.run { life in
            let hypervisor = life.hypervisor
            let paused = try await Self.define("paused", in: hypervisor)
            let saved = try await Self.define("saved", .save, in: hypervisor)
            let off = try await Self.define("off", .shutdown, in: hypervisor)
            let ignored = try await Self.define("ignored", .ignore, in: hypervisor)
            let persons = try await Self.define("persons", in: hypervisor)
            try await hypervisor.suspend(persons)
            let busy = try await Self.define("busy", in: hypervisor)
            world.agent.jobs.busy.withLock { $0 = [busy] }
            let foreign = VMID.random()
            _ = try await hypervisor.define(domainXML(foreign, "foreign"))
            try await hypervisor.start(foreign)

            try await world.sleep()
            #expect(try await hypervisor.domain(paused).state == .paused)
            #expect(try await hypervisor.domain(saved).state == .shutoff)
            #expect(try await hypervisor.hasManagedSave(saved))
            #expect(try await hypervisor.domain(off).state == .shutoff)
            for id in [ignored, busy, foreign] { #expect(try await hypervisor.domain(id).state == .running) }

            try await world.wake()
            try await world.until("they go on", life, [paused: .running, saved: .running])
            #expect(try await hypervisor.domain(persons).state == .paused)
            #expect(try await hypervisor.domain(off).state == .shutoff)
            try await world.agent.until("their clocks are set") { hypervisor.calls(of: .setTime) == 2 }
            try await world.agent.until("it is recorded") {
                try await world.agent.recorded(by: life).contains("host.power resumed")
            }
        }
    }

    @Test func aPolicyTakesTheProfilesPlaceAndGivesItBack() async throws {
        let world = try await World()
        try await world.run { life in
            let guest = try await Self.define("guest", in: life.hypervisor)
            let definition = try await life.hypervisor.definition(of: guest)
            func follow(_ policies: [PowerPolicy], _ shown: HostPowerPolicy.SleepAction) async throws {
                world.agent.jobs.policies.withLock { $0 = policies }
                world.agent.jobs.powerChanges.send(())
                try await world.agent.until("the controller is told") {
                    try world.agent.document(guest)?.power?.onSleep == shown
                }
            }
            let saving = PowerPolicy(name: ResourceName("night")!, power: HostPowerPolicy(onSleep: .save))
            try await follow([saving], .save)
            try await world.sleep()
            #expect(try await life.hypervisor.domain(guest).state == .shutoff)
            #expect(try await life.hypervisor.hasManagedSave(guest))
            try await world.wake()
            try await world.until("it goes on", life, [guest: .running])
            #expect(try await life.hypervisor.definition(of: guest) == definition)

            try await follow([], .pause)
            try await world.sleep()
            #expect(try await life.hypervisor.domain(guest).state == .paused)
        }
    }

    @Test func anAgentThatEndedMeanwhileLetsThemGoOnAtItsNextStart() async throws {
        let world = try await World()
        var guests: [VMID] = []
        var persons: VMID?
        try await world.run { life in
            guests = [
                try await Self.define("paused", in: life.hypervisor),
                try await Self.define("saved", .save, in: life.hypervisor),
            ]
            let other = try await Self.define("persons", in: life.hypervisor)
            try await life.hypervisor.suspend(other)
            persons = other
            try await world.sleep()
        }
        #expect(try world.agent.presence()?.state == .sleeping, "an agent that ends meanwhile does not say otherwise")
        try await world.run { life in
            try await world.until("they go on", life, [guests[0]: .running, guests[1]: .running])
            #expect(try await life.hypervisor.domain(try #require(persons)).state == .paused)
            // And a second time they are nobody's.
            try await world.agent.until("the clocks are set") { life.hypervisor.calls(of: .setTime) == 2 }
            try await life.hypervisor.suspend(guests[0])
        }
        #expect(world.remembered == "{}")
        try await world.run { life in
            let state = try await life.hypervisor.domain(guests[0]).state
            #expect(state == .paused)
        }
    }

    @Test func aGuestThatHangsKeepsNeitherTheHostNorTheOthersAwake() async throws {
        let world = try await World()
        try await world.run { life in
            let hangs = try await Self.define("hangs", in: life.hypervisor)
            let other = try await Self.define("other", in: life.hypervisor)
            var guest = InMemoryHypervisor.Guest()
            guest.hangs = true
            life.hypervisor.setGuest(guest, of: hangs)
            world.login.prepareForSleep(true)
            try await world.until("the other is paused", life, [other: .paused])
            let before = world.agent.time.monotonic()
            try await world.untilReleased([.shutdown])
            #expect(world.agent.time.monotonic() - before < .seconds(5))
            #expect(try world.agent.presence()?.state == .sleeping)

            try await world.wake()
            try await world.until("the other goes on", life, [other: .running])
            guest.hangs = false
            life.hypervisor.setGuest(guest, of: hangs)
            try await world.agent.until("it is not left behind paused") {
                try await life.hypervisor.domain(hangs).state == .running
                    && life.hypervisor.calls(of: .resume) == 2
            }
        }
    }

    @Test func aGuestThatDoesNotShutDownInTimeIsPausedAndOneThatCannotBeSavedToo() async throws {
        let world = try await World()
        try await world.run { life in
            let stubborn = try await Self.define("stubborn", .shutdown, in: life.hypervisor)
            life.hypervisor.setGuest(InMemoryHypervisor.Guest(obeysShutdown: false), of: stubborn)
            let large = try await Self.define("large", .save, memoryMiB: 8192, in: life.hypervisor)
            let passthrough = try await Self.define("passthrough", .save, in: life.hypervisor)
            life.hypervisor.fail(
                .save,
                with: HypervisorError(
                    .failed, operation: "save", object: "passthrough",
                    message: "cannot migrate domain with a VFIO device"))
            world.login.prepareForSleep(true)
            try await world.until(
                "all are paused", life, [stubborn: .paused, large: .paused, passthrough: .paused])
            try await world.untilReleased([.shutdown])
            #expect(
                try await world.agent.recorded(by: life).filter { $0.hasPrefix("host.power") }.sorted()
                    == ["host.power no-time-to-save", "host.power sleeping"])
            let lines = world.agent.log.withLock(\.self)
            // 8448 MiB at 100 MiB/s, in 3 of 5 s.
            let hint =
                "large, which are paused instead; write InhibitDelayMaxSec=141 below [Login] into /etc/systemd/logind"
            #expect(lines.contains { $0.contains(hint) }, "\(lines)")
            try await world.wake()
            try await world.until(
                "all go on", life, [stubborn: .running, large: .running, passthrough: .running])
        }
    }

    @Test func aGuestThatDoesNotGoOnAtOnceIsTriedAgainAndOneThatNeverDoesIsTold() async throws {
        let world = try await World()
        try await world.run { life in
            let guest = try await Self.define("guest", in: life.hypervisor)
            let busy = HypervisorError(
                .timeout, operation: "resume", object: "guest", message: "cannot acquire state change lock")
            try await world.sleep()
            life.hypervisor.fail(.resume, with: busy, busy)
            try await world.wake()
            try await world.until("it goes on", life, [guest: .running])
            try await world.sleep()
            life.hypervisor.fail(.resume, with: Array(repeating: busy, count: 100))
            try await world.wake()
            try await world.agent.until("it is told") {
                try await world.agent.recorded(by: life).contains("host.power not-resumed")
            }
            try await world.agent.until("jobs start again") { !world.agent.jobs.isHeld }
        }
    }

    /// libvirt's answer comes when the next sleep is prepared.
    @Test func aGuestThatGoesOnWhileItsHostFallsAsleepAgainIsNotForgotten() async throws {
        let world = try await World()
        try await world.run { life in
            let guest = try await Self.define("guest", in: life.hypervisor)
            try await world.sleep()
            var silent = InMemoryHypervisor.Guest()
            silent.resumesSilently = true
            life.hypervisor.setGuest(silent, of: guest)
            try await world.wake()
            try await world.until("it goes on", life, [guest: .running])
            try await world.sleep()
            try await world.until("it stands still", life, [guest: .paused])
            life.hypervisor.setGuest(InMemoryHypervisor.Guest(), of: guest)
            try await world.wake()
            try await world.until("it goes on again", life, [guest: .running])
        }
    }

    @Test func aHostThatShutsDownAsksItsGuestsToAndIsOfflineThen() async throws {
        let world = try await World()
        try await world.run { life in
            let off = try await Self.define("off", in: life.hypervisor)
            let stubborn = try await Self.define("stubborn", in: life.hypervisor)
            life.hypervisor.setGuest(InMemoryHypervisor.Guest(obeysShutdown: false), of: stubborn)
            let save = try await Self.define("save", .pause, .save, in: life.hypervisor)
            world.login.prepareForShutdown(true)
            try await world.until("they are off", life, [off: .shutoff, save: .shutoff])
            try await world.untilReleased([.sleep])
            #expect(try world.agent.presence()?.state == .offline)
            #expect(try await life.hypervisor.domain(stubborn).state == .running, "it may still shut down")
            #expect(try await life.hypervisor.hasManagedSave(save))
        }
        #expect(world.remembered == nil, "whether they start with their host is their own")
    }

    @Test func withoutLogindTheAgentDoesAllTheRest() async throws {
        let world = try AgentWorld()
        let power = HostPower(address: "unix:path=/run/nobody", logger: Logger(label: "test", level: .error))
        defer { power.close() }
        try await world.run(power: power.events) { _ in
            try await world.until("online") { try world.presence()?.state == .online }
        }
        #expect(try world.presence()?.state == .offline)
    }

    @Test func whoLosesLogindWhileItSleepsIsAwake() async throws {
        let world = try await World()
        try await world.run { life in
            let guest = try await Self.define("paused", in: life.hypervisor)
            try await world.sleep()
            await world.login.stop()
            try await world.until("it goes on", life, [guest: .running])
            try await world.agent.until("online again") { try world.agent.presence()?.state == .online }
        }
    }
}

import FakeLogin
import FleetRuntime
import FleetTestSupport
import HostPower
import Synchronization
import Testing

/// Against a real dbus-daemon, with a logind that the test plays.
@Suite(.timeLimit(.minutes(2))) struct HostPowerTests {
    private final class World: Sendable {
        let bus: PrivateMessageBus
        let log = Mutex<[String]>([])

        init() async throws { bus = try await PrivateMessageBus() }

        func power() -> HostPower {
            HostPower(
                address: bus.address,
                logger: Logger(label: "test") { [self] _, line in log.withLock { $0.append(line) } })
        }

        var warnings: Int { log.withLock { $0.count { $0.contains("logind: cannot ") } } }
    }

    private func untilLocked(_ login: FakeLogin) async throws {
        #expect(try await eventually { login.locks == ["shutdown", "sleep"] })
    }

    /// The lock that the host waits for, and for what it waits.
    private func preparation(_ power: HostPower) async throws -> (HostPower.Occasion, DelayLock) {
        guard case .preparing(let occasion, let lock) = try #require(await power.events.next()) else {
            Issue.record("it is over already")
            throw CancellationError()
        }
        return (occasion, lock)
    }

    private func expectResumed(_ power: HostPower) async throws {
        guard case .resumed = try #require(await power.events.next()) else {
            Issue.record("the host still prepares")
            return
        }
    }

    @Test func theHostWaitsForTheLockThatTheEventBringsAndANewOneIsTakenAfterwards() async throws {
        let world = try await World()
        let login = try FakeLogin(on: world.bus.address, delay: .seconds(5))
        let power = world.power()
        try await untilLocked(login)
        for _ in 1...2 {
            login.prepareForSleep(true)
            let (occasion, lock) = try await preparation(power)
            #expect(occasion == .sleep && lock.limit == .seconds(4))
            #expect(login.locks == ["shutdown", "sleep"], "held until it is released")
            lock.release()
            #expect(login.locks == ["shutdown"])
            login.prepareForSleep(false)
            try await expectResumed(power)
            #expect(login.locks == ["shutdown", "sleep"], "taken again before anybody hears of it")
        }
        login.setDelay(.seconds(60))
        login.prepareForShutdown(true)
        let (occasion, lock) = try await preparation(power)
        #expect(occasion == .shutdown && lock.limit == .seconds(4), "as it was when the lock was taken")
        login.prepareForShutdown(false)
        try await expectResumed(power)
        lock.release()
        login.prepareForShutdown(true)
        #expect(try await preparation(power).1.limit == .seconds(48))
        power.close()
        #expect(try await eventually { login.locks == [] })
        await login.stop()
    }

    @Test func aLogindThatGoesAndComesBackIsFollowedAgain() async throws {
        let world = try await World()
        let power = world.power()
        #expect(try await eventually { world.warnings == 1 }, "no logind is said once")
        var login = try FakeLogin(on: world.bus.address)
        try await untilLocked(login)
        await login.stop()
        #expect(try await eventually { world.warnings == 2 })
        login = try FakeLogin(on: world.bus.address)
        try await untilLocked(login)

        login.prepareForSleep(true)
        let (_, lock) = try await preparation(power)
        await login.stop()
        try await expectResumed(power)
        lock.release()

        await world.bus.kill()
        try await Task.sleep(for: .milliseconds(200))
        try await world.bus.restart()
        login = try FakeLogin(on: world.bus.address)
        try await untilLocked(login)
        login.prepareForSleep(true)
        #expect(try await preparation(power).0 == .sleep)
        #expect(world.warnings == 3)
        power.close()
        await login.stop()
    }

    @Test func withoutAMessageBusItSaysSoOnceAndNothingElse() async throws {
        try Isolation.require()
        let log = Mutex<[String]>([])
        let power = HostPower(
            address: "unix:path=/run/nobody",
            logger: Logger(label: "test") { _, line in log.withLock { $0.append(line) } })
        try await Task.sleep(for: .seconds(4))
        let lines = log.withLock(\.self)
        #expect(lines.count == 1 && lines[0].contains("No such file or directory"), "\(lines)")
        power.close()
        #expect(await power.events.next() == nil)
    }

    @Test func locksThatLogindRefusesAreAskedForAgain() async throws {
        let world = try await World()
        let login = try FakeLogin(on: world.bus.address)
        login.refuse("The operation inhibition has been requested for is already running")
        let power = world.power()
        #expect(try await eventually { world.warnings == 1 })
        #expect(world.log.withLock { $0.contains { $0.contains("is already running") } })
        login.refuse(nil)
        try await untilLocked(login)
        power.close()
        await login.stop()
    }

    @Test func aSignalOfSomebodyElseIsNotBelieved() async throws {
        let world = try await World()
        let login = try FakeLogin(on: world.bus.address)
        let power = world.power()
        try await untilLocked(login)
        try login.impersonate(on: world.bus.address)
        login.prepareForSleep(true)
        #expect(try await preparation(power).0 == .sleep, "the real one, not the shutdown before it")
        power.close()
        await login.stop()
    }
}

import FakeLogin
import FleetTestSupport
import Foundation
import HostPower
import Testing

/// Against a real dbus-daemon, with services that the test plays.
@Suite(.timeLimit(.minutes(2))) struct SystemServicesTests {
    @Test func whetherTheConnectionIsMeteredIsWhatNetworkManagerKnowsOrGuesses() async throws {
        let bus = try await PrivateMessageBus()
        let services = SystemServices(address: bus.address)
        #expect(await services.isMetered() == nil, "no NetworkManager")
        let network = try FakeNetworkManager(on: bus.address, metered: 0)
        for (value, isMetered) in [(0, nil), (1, true), (2, false), (3, true), (4, false), (5, nil)]
            as [(UInt32, Bool?)]
        {
            network.setMetered(value)
            #expect(await services.isMetered() == isMetered, "\(value)")
        }
        await network.stop()
        #expect(await services.isMetered() == nil)
        await bus.kill()
        #expect(await services.isMetered() == nil, "no message bus")
    }

    @Test func programsThatBlockIdlenessAreNamedAndNoOthers() async throws {
        let bus = try await PrivateMessageBus()
        let services = SystemServices(address: bus.address)
        #expect(try await services.idleInhibitors() == [], "no logind")
        let login = try FakeLogin(on: bus.address)
        #expect(try await services.idleInhibitors() == [])
        login.setInhibitors([
            FakeLogin.Inhibitor("sleep:idle", by: "player"), FakeLogin.Inhibitor("idle", by: "meeting"),
            FakeLogin.Inhibitor("idle", by: "meeting"), FakeLogin.Inhibitor("sleep:shutdown", by: "updater"),
            FakeLogin.Inhibitor("idle", by: "late", mode: "delay"),
            FakeLogin.Inhibitor("idle", by: "ours", pid: UInt32(getpid())),
            FakeLogin.Inhibitor("handle-lid-switch", by: "desktop"),
        ])
        #expect(try await services.idleInhibitors() == ["meeting", "player"])
        await login.stop()
    }

    @Test func whoSitsAtTheHostHasASeat() async throws {
        let bus = try await PrivateMessageBus()
        let services = SystemServices(address: bus.address)
        #expect(try await services.seatedUsers() == [:], "no logind")
        let login = try FakeLogin(on: bus.address)
        login.setSessions([
            FakeLogin.Session(uid: 1000, name: "anna", seat: "seat0"),
            FakeLogin.Session(uid: 1001, name: "ben", seat: ""),
        ])
        #expect(try await services.seatedUsers() == [1000: "anna"])
        await login.stop()
    }
}

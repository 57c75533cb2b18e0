import FleetModel
import FleetRuntime
import FleetTestSupport
import Testing

@testable import FleetAgent

@Suite struct ClockWatchTests {
    @Test func onlyAJumpIsToldAndOnce() {
        let time = ManualTimeSource()
        var watch = ClockWatch()
        #expect(watch.look(now: time.now(), uptime: time.uptime()) == nil)
        time.advance(by: .seconds(86_400))
        #expect(watch.look(now: time.now(), uptime: time.uptime()) == nil, "a night's sleep is no jump")
        time.jump(by: .seconds(-86_400))
        let event = watch.look(now: time.now(), uptime: time.uptime())
        #expect(event == HostEvent(what: "backward", message: "the wall clock jumped by -86400 s"))
        #expect(watch.look(now: time.now(), uptime: time.uptime()) == nil)
        time.jump(by: .seconds(4))
        #expect(watch.look(now: time.now(), uptime: time.uptime()) == nil, "a time service may step that far")
        time.jump(by: .seconds(9))
        #expect(watch.look(now: time.now(), uptime: time.uptime())?.what == "forward")
    }
}

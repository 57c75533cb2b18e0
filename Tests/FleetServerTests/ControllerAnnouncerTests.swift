import FleetModel
import FleetRuntime
import FleetServer
import FleetTestSupport
import FoundationEssentials
import MessageBus
import Testing

@Suite struct ControllerAnnouncerTests {
    @Test func theControllerIsOnlineLostAndOffline() async throws {
        let broker = InMemoryBroker()
        let fleet = try #require(FleetName("plant"))
        let bus = InMemoryBus(
            broker, clientID: "controller", cleanStart: true, reconnect: .init(base: .milliseconds(1)))
        let announcer = ControllerAnnouncer(bus: bus, fleet: fleet, time: SystemTimeSource())
        func presence() throws -> ControllerPresence? {
            try broker.retained(Topic.controller.name(in: fleet)).map {
                try FleetJSON.decode(ControllerPresence.self, from: Data($0.payload))
            }
        }
        #expect(!announcer.isAnnounced)
        let task = Task { try await announcer.run() }
        #expect(try await eventually { try presence()?.state == .online && announcer.isAnnounced })
        let first = try presence()?.session
        broker.setPartitioned(true, clientID: "controller")
        #expect(try await eventually { try presence()?.state == .lost && !announcer.isAnnounced })
        #expect(try presence()?.session == first)
        broker.setPartitioned(false, clientID: "controller")
        #expect(try await eventually { try presence()?.state == .online })
        task.cancel()
        try await task.value
        #expect(try presence()?.state == .offline)
    }
}

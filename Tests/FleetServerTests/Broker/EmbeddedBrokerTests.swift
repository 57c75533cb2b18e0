import FleetModel
import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import Glibc
import MessageBus
import Subprocess
import Testing

@testable import FleetServer

@Suite(.timeLimit(.minutes(2))) struct EmbeddedBrokerTests {
    @Test func letsNobodyInWithoutTheRightPassword() async throws {
        let fixture = try BrokerFixture()
        let known = try await fixture.connected(fixture.hostA.description)
        var wrong = fixture.configuration(of: fixture.hostB.description)
        wrong.password = "wrong"
        var nobody = wrong
        (nobody.username, nobody.password) = (nil, nil)
        for configuration in [wrong, fixture.configuration(of: HostID.random().description), nobody] {
            let bus = MosquittoBus(configuration)
            await bus.connect { ConnectionAttempt(will: nil) }
            let reason = try await bus.take { if case .disconnected(let reason) = $0 { reason } else { nil } }
            #expect(reason.contains("0x87"))
            #expect(bus.statistics.connections == 0)
            await bus.disconnect()
        }
        await known.disconnect()
        await fixture.stop()
    }

    @Test func takesNewHostsAndForgetsRemovedOnesWithoutAnInterruption() async throws {
        let fixture = try BrokerFixture()
        let controller = try await fixture.connected("controller")
        let removed = try await fixture.connected(fixture.hostA.description)
        let new = HostID.random()
        try await fixture.broker.update(
            credentials: ["controller", new.description].map(BrokerFixture.credential))
        let host = try await fixture.connected(new.description)
        try await host.publish(BusMessage(topic: fixture.name(.presence(new)), payload: [1]))
        _ = try await removed.take {
            if case .disconnected(let reason) = $0, reason.contains("0x87") { () } else { nil }
        }
        try await controller.publish(BusMessage(topic: fixture.name(.controller), payload: [1]))
        #expect(controller.statistics.connections == 1)
        for bus in [controller, host, removed] { await bus.disconnect() }
        await fixture.stop()
    }

    @Test func startsAgainWithItsDataWhenItIsKilled() async throws {
        let fixture = try BrokerFixture()
        let controller = try await fixture.connected("controller")
        let topic = fixture.name(.jobs(fixture.hostA))
        try await controller.publish(BusMessage(topic: topic, payload: [7], retain: true))
        let first = try #require(fixture.processes.first)
        // What it otherwise does once a minute.
        kill(first, SIGUSR1)
        let database = fixture.broker.configuration.directory + "/mosquitto.db"
        #expect(
            try await eventually {
                (try? Data(contentsOf: URL(fileURLWithPath: database))).map {
                    String(decoding: $0, as: UTF8.self).contains(topic)
                } == true
            })
        kill(first, SIGKILL)
        _ = try await controller.take { if case .disconnected = $0 { () } else { nil } }
        _ = try await controller.take { if case .connected = $0 { () } else { nil } }
        #expect(fixture.processes.count == 1 && fixture.processes != [first])
        let host = try await fixture.connected(fixture.hostA.description, to: topic)
        #expect(try await host.topics(until: topic) == [topic])
        #expect(fixture.log.atLeast(.error).contains { $0.contains("was ended by signal 9") })
        await host.disconnect()
        await controller.disconnect()
        await fixture.stop()
    }

    @Test func stopsCleanlyAndLeavesOnlyItsOwnFiles() async throws {
        let fixture = try BrokerFixture()
        let controller = try await fixture.connected("controller")
        await controller.disconnect()
        #expect(fixture.log.atLeast(.warning).filter { !$0.contains("should not be run as root") } == [])
        try await fixture.stop().get()
        #expect(fixture.processes.isEmpty)
        let directory = fixture.broker.configuration.directory
        for file in ["mosquitto.conf", "passwords", "acl", "mosquitto.db"] {
            var information = stat()
            #expect(stat(directory + "/" + file, &information) == 0)
            #expect(information.st_mode & 0o077 == 0, "\(file)")
        }
        let passwords = try String(contentsOfFile: directory + "/passwords", encoding: .utf8)
        #expect(!passwords.contains("secret"))
    }

    @Test func saysWhichPortIsInUse() async throws {
        let other = try BrokerFixture()
        let bus = try await other.connected("controller")
        await bus.disconnect()
        let port = other.broker.configuration.port
        let fixture = try BrokerFixture(port: port)
        let outcome = await fixture.ended()
        #expect(throws: BrokerError.portInUse(port)) { try outcome.get() }
        await other.stop()
    }

    @Test func replacesABrokerThatOutlivedItsController() async throws {
        let fixture = try BrokerFixture()
        let bus = try await fixture.connected("controller")
        await bus.disconnect()
        await fixture.stop()
        let orphan = try ChildProcess(
            "/usr/sbin/mosquitto", ["-c", fixture.broker.configuration.configurationPath])
        #expect(try await eventually { LoopbackPort.accepts(fixture.broker.configuration.port) })
        let next = try BrokerFixture(directory: fixture.directory, port: fixture.broker.configuration.port)
        #expect(await orphan.wait() == .status(0))
        let again = try await next.connected("controller")
        #expect(next.processes.count == 1)
        await again.disconnect()
        await next.stop()
    }
}

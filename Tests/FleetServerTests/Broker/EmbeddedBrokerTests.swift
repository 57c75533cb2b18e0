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
    @Test func confinesEveryHostToItself() async throws {
        let fixture = try BrokerFixture()
        let (a, b) = (fixture.hostA, fixture.hostB)
        let controller = try await fixture.connected("controller", to: "vf/1/test/#")
        let hostA = try await fixture.connected(a.description, to: "#")

        let own: [Topic] = [
            .presence(a), .inventory(a, .cpu), .vm(a, VMID.random()), .metrics(a), .progress(a), .stream(a), .reply(a),
        ]
        let foreign: [Topic] = [
            .presence(b), .inventory(b, .cpu), .vm(b, VMID.random()), .metrics(b), .progress(b), .stream(b), .reply(b),
            .ack(a), .jobs(a), .desired(a), .request(a), .ack(b), .jobs(b), .desired(b), .request(b), .controller,
        ]
        for topic in own { try await hostA.publish(BusMessage(topic: fixture.name(topic), payload: [1])) }
        for name in foreign.map(fixture.name) + ["vf/1/other/up/\(a)/stream", "elsewhere", "$SYS/x"] {
            await #expect(
                "\(name)", performing: { try await hostA.publish(BusMessage(topic: name, payload: [1])) },
                throws: { if case .refused = $0 as? BusError { true } else { false } })
        }
        // The controller saw exactly what the host may write, and the host of it exactly what it may read.
        for topic in own + foreign {
            try await controller.publish(BusMessage(topic: fixture.name(topic), payload: [2]))
        }
        let end = fixture.name(.request(a))
        try await controller.publish(BusMessage(topic: end, payload: [3]))
        var written: [String] = []
        while written.count < own.count {
            let message = try await controller.take { if case .message(let message) = $0 { message } else { nil } }
            #expect(message.payload == [1])
            written.append(message.topic)
        }
        #expect(written == own.map(fixture.name))
        let readable: [Topic] = [.presence(a), .ack(a), .jobs(a), .desired(a), .request(a), .controller, .request(a)]
        var read: [String] = []
        while read.count < readable.count + 1 {
            read.append(try await hostA.take { if case .message(let message) = $0 { message.topic } else { nil } })
        }
        // Its own presence once from itself, once from the controller.
        #expect(read == [fixture.name(.presence(a))] + readable.map(fixture.name))
        await hostA.disconnect()
        await controller.disconnect()
        await fixture.stop()
    }

    @Test func letsNobodyInWithoutTheRightPassword() async throws {
        let fixture = try BrokerFixture()
        let known = try await fixture.connected(fixture.hostA.description)
        for bus in [
            fixture.bus(fixture.hostB.description, password: "wrong"), fixture.bus(HostID.random().description),
            MosquittoBus(
                MosquittoConfiguration(
                    host: "127.0.0.1", port: fixture.broker.configuration.port, clientID: "nobody")),
        ] {
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
        let new = HostID.random()
        try await fixture.broker.update(
            credentials: ["controller", new.description].map(BrokerFixture.credential))
        let host = try await fixture.connected(new.description)
        try await host.publish(BusMessage(topic: fixture.name(.presence(new)), payload: [1]))
        let removed = fixture.bus(fixture.hostA.description)
        await removed.connect { ConnectionAttempt(will: nil) }
        _ = try await removed.take { if case .disconnected = $0 { () } else { nil } }
        try await controller.publish(BusMessage(topic: fixture.name(.controller), payload: [1]))
        #expect(controller.statistics.connections == 1)
        for bus in [controller, host, removed] { await bus.disconnect() }
        await fixture.stop()
    }

    @Test func letsNoHostTakeOverTheSessionOfAnother() async throws {
        let fixture = try BrokerFixture()
        let victim = try await fixture.connected(fixture.hostA.description)
        let intruder = try await fixture.connected(
            fixture.hostB.description, clientID: fixture.hostA.description)
        try await intruder.publish(BusMessage(topic: fixture.name(.presence(fixture.hostB)), payload: [1]))
        try await victim.publish(BusMessage(topic: fixture.name(.presence(fixture.hostA)), payload: [1]))
        #expect(victim.statistics.connections == 1)
        await victim.disconnect()
        await intruder.disconnect()
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

    @Test func handsAFreshSubscriberEveryRetainedMessageOfALargeFleet() async throws {
        let fixture = try BrokerFixture()
        let writer = try await fixture.connected("controller")
        let hosts = (0..<2000).map { _ in HostID.random() }
        let payload = [UInt8](repeating: 0x20, count: 1000)
        try await withThrowingTaskGroup { group in
            for batch in 0..<20 {
                group.addTask {
                    for host in hosts[batch * 100..<(batch + 1) * 100] {
                        for part in InventoryPart.allCases.map({ Topic.inventory(host, $0) }) + [.presence(host)] {
                            try await writer.publish(
                                BusMessage(topic: fixture.name(part), payload: payload, retain: true))
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        await writer.disconnect()
        let reader = try await fixture.connected("controller", to: Topic.everythingUp(in: BrokerFixture.fleet))
        var topics: Set<String> = []
        while topics.count < 20_000 {
            topics.insert(try await reader.take { if case .message(let message) = $0 { message.topic } else { nil } })
        }
        #expect(reader.statistics.dropped == 0)
        await reader.disconnect()
        await fixture.stop()
    }

    @Test func refusesTenMegabytes() async throws {
        let fixture = try BrokerFixture()
        let host = MosquittoBus(
            MosquittoConfiguration(
                host: "127.0.0.1", port: fixture.broker.configuration.port, clientID: fixture.hostA.description,
                username: fixture.hostA.description,
                password: BrokerFixture.password(fixture.hostA.description),
                limits: BusLimits(payloadBytes: 64 << 20),
                reconnect: ReconnectPolicy(base: .milliseconds(20), cap: .milliseconds(100))))
        await host.connect { ConnectionAttempt(will: nil) }
        _ = try await host.take { if case .connected = $0 { () } else { nil } }
        let topic = fixture.name(.stream(fixture.hostA))
        await #expect(throws: BusError.self) {
            try await host.publish(BusMessage(topic: topic, payload: [UInt8](repeating: 1, count: 10_000_000)))
        }
        #expect(try await eventually { (try? await host.publish(BusMessage(topic: topic, payload: [1]))) != nil })
        await host.disconnect()
        await fixture.stop()
    }
}

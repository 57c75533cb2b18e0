import FleetModel
import FleetTestSupport
import MessageBus
import Testing

/// What every broker of a fleet must do, be it the controller's own or the one that config/mosquitto shows.
@Suite(.timeLimit(.minutes(2))) struct FleetBrokerTests {
    @Test(arguments: FleetBrokerKind.allCases)
    func confinesEveryHostToItself(_ kind: FleetBrokerKind) async throws {
        let fixture = try await kind.start()
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
        await fixture.end()
    }

    @Test(arguments: FleetBrokerKind.allCases)
    func letsNoHostTakeOverTheSessionOfAnother(_ kind: FleetBrokerKind) async throws {
        let fixture = try await kind.start()
        let victim = try await fixture.connected(fixture.hostA.description)
        let intruder = try await fixture.connected(
            fixture.hostB.description, clientID: fixture.hostA.description)
        try await intruder.publish(BusMessage(topic: fixture.name(.presence(fixture.hostB)), payload: [1]))
        try await victim.publish(BusMessage(topic: fixture.name(.presence(fixture.hostA)), payload: [1]))
        #expect(victim.statistics.connections == 1)
        await victim.disconnect()
        await intruder.disconnect()
        await fixture.end()
    }

    @Test(arguments: FleetBrokerKind.allCases)
    func handsAFreshSubscriberEveryRetainedMessageOfALargeFleet(_ kind: FleetBrokerKind) async throws {
        let fixture = try await kind.start()
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
        await fixture.end()
    }

    @Test(arguments: FleetBrokerKind.allCases)
    func refusesTenMegabytes(_ kind: FleetBrokerKind) async throws {
        let fixture = try await kind.start()
        var configuration = fixture.configuration(of: fixture.hostA.description)
        configuration.limits.payloadBytes = 64 << 20
        let host = MosquittoBus(configuration)
        await host.connect { ConnectionAttempt(will: nil) }
        _ = try await host.take { if case .connected = $0 { () } else { nil } }
        let topic = fixture.name(.stream(fixture.hostA))
        await #expect(throws: BusError.self) {
            try await host.publish(BusMessage(topic: topic, payload: [UInt8](repeating: 1, count: 10_000_000)))
        }
        #expect(try await eventually { (try? await host.publish(BusMessage(topic: topic, payload: [1]))) != nil })
        await host.disconnect()
        await fixture.end()
    }
}

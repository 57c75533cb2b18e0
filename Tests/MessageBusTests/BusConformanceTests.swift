import FleetTestSupport
import MessageBus
import Testing

/// What every implementation of `Bus` does.
@Suite(.timeLimit(.minutes(2))) struct BusConformanceTests {
    @Test(arguments: Implementation.allCases)
    func reportsConnectedBeforeRetainedMessages(_ implementation: Implementation) async throws {
        let world = try await implementation.world()
        let writer = try await world.connected("writer")
        try await writer.publish("fleet/a", "kept", retain: true)
        try await writer.publish("fleet/b", "removed", retain: true)
        try await writer.publish("fleet/b", "", retain: true)
        try await writer.publish("fleet/c", "not kept")

        let reader = world.bus("reader")
        try await reader.subscribe("fleet/#", qos: .atLeastOnce)
        await reader.connect { ConnectionAttempt(will: nil) }
        #expect(await reader.events.next() == .connected(sessionPresent: false))
        let message = try await reader.nextMessage()
        #expect(message.text == "kept" && message.topic == "fleet/a" && message.retain)
        try await writer.publish("fleet/end", "live")
        let live = try await reader.nextMessage()
        #expect(live.text == "live" && !live.retain)
        await writer.disconnect()
        await reader.disconnect()
    }

    @Test(arguments: Implementation.allCases)
    func keepsTheOrderOfATopic(_ implementation: Implementation) async throws {
        let world = try await implementation.world()
        let reader = try await world.connected("reader", to: "log/+")
        let writer = try await world.connected("writer")
        // All under way at once, each task's own topic in order.
        try await withThrowingTaskGroup { group in
            for topic in ["log/a", "log/b", "log/c"] {
                group.addTask { for index in 0..<200 { try await writer.publish(topic, "\(index)") } }
            }
            try await group.waitForAll()
        }
        var seen: [String: [Int]] = [:]
        for _ in 0..<600 {
            let message = try await reader.nextMessage()
            seen[message.topic, default: []].append(try #require(Int(message.text)))
        }
        #expect(seen == ["log/a": Array(0..<200), "log/b": Array(0..<200), "log/c": Array(0..<200)])
        #expect(writer.statistics.published == 600)
        #expect(reader.statistics.received == 600)
        await writer.disconnect()
        await reader.disconnect()
    }

    @Test(arguments: Implementation.allCases)
    func carriesPropertiesAndAnyBytes(_ implementation: Implementation) async throws {
        let world = try await implementation.world()
        let reader = try await world.connected("reader", to: "request")
        let writer = try await world.connected("writer")
        let sent = BusMessage(
            topic: "request", payload: [0xFF, 0xFE, 0x00, 0xC3, 0x28],
            userProperties: [.init("digest", "abc"), .init("digest", "grüße")],
            responseTopic: "reply/here", correlationData: [0, 1, 255], expirySeconds: 30)
        try await writer.publish(sent)
        #expect(try await reader.nextMessage() == sent)
        let bare = BusMessage(topic: "request", payload: [], qos: .atMostOnce)
        try await writer.publish(bare)
        #expect(try await reader.nextMessage() == bare)
        await writer.disconnect()
        await reader.disconnect()
    }

    @Test(arguments: Implementation.allCases)
    func refusesWhatCannotBeSent(_ implementation: Implementation) async throws {
        let world = try await implementation.world()
        let bus = try await world.connected("client")
        for topic in ["", "a/#", "a/+/b"] {
            await #expect(performing: { try await bus.publish(topic, "text") }, throws: isInvalid)
        }
        await #expect(performing: { try await bus.subscribe("a/#/b", qos: .atLeastOnce) }, throws: isInvalid)
        let large = BusMessage(topic: "a", payload: [UInt8](repeating: 0, count: (1 << 20) + 1))
        await #expect(performing: { try await bus.publish(large) }, throws: isInvalid)
        try await bus.publish("a", "still connected")
        await bus.disconnect()
    }

    private func isInvalid(_ error: any Error) -> Bool {
        if case .invalid = error as? BusError { true } else { false }
    }

    @Test(arguments: Implementation.allCases)
    func returnsWithItsSubscriptionsWhenTheBrokerDied(_ implementation: Implementation) async throws {
        let world = try await implementation.world()
        let bus = try await world.connected("client", to: "before/#")
        try await bus.subscribe("live/#", qos: .atLeastOnce)
        await world.killBroker()
        _ = try await bus.untilDisconnected()
        await #expect(throws: BusError.notConnected) { try await bus.publish("before/x", "nobody there") }
        try await bus.subscribe("during/#", qos: .atLeastOnce)
        try await world.restartBroker()
        _ = try await bus.untilConnected()
        for topic in ["before/a", "live/a", "during/a"] {
            try await bus.publish(topic, "echo")
            #expect(try await bus.nextMessage().topic == topic)
        }
        #expect(bus.statistics.connections == 2)
        await bus.disconnect()
    }

    @Test(arguments: Implementation.allCases)
    func bridgesAShortAbsenceButNotExpiredMessages(_ implementation: Implementation) async throws {
        let world = try await implementation.world()
        let agent = try await world.connected("agent", to: "down/agent")
        let writer = try await world.connected("writer")
        world.setCut(true, clientID: "agent")
        _ = try await agent.untilDisconnected()
        try await writer.publish(BusMessage(topic: "down/agent", payload: Array("stale".utf8), expirySeconds: 1))
        try await writer.publish("down/agent", "first")
        try await writer.publish("down/agent", "second")
        try await Task.sleep(for: .seconds(2.5))
        world.setCut(false, clientID: "agent")
        #expect(try await agent.untilConnected())
        #expect(try await agent.nextMessage().text == "first")
        #expect(try await agent.nextMessage().text == "second")
        await agent.disconnect()
        await writer.disconnect()
    }

    @Test(arguments: Implementation.allCases)
    func forgetsASessionThatExpired(_ implementation: Implementation) async throws {
        let world = try await implementation.world()
        let agent = try await world.connected("agent", to: "down/agent", sessionExpiry: .zero)
        let writer = try await world.connected("writer")
        world.setCut(true, clientID: "agent")
        _ = try await agent.untilDisconnected()
        try await writer.publish("down/agent", "missed")
        world.setCut(false, clientID: "agent")
        #expect(try await agent.untilConnected() == false)
        try await writer.publish("down/agent", "seen")
        #expect(try await agent.nextMessage().text == "seen")
        await agent.disconnect()
        await writer.disconnect()
    }

    @Test(arguments: Implementation.allCases)
    func countsWhatItsConsumerDoesNotTake(_ implementation: Implementation) async throws {
        let world = try await implementation.world()
        let slow = try await world.connected("slow", to: "flood", limits: BusLimits(queuedEvents: 10))
        let heavy = try await world.connected("heavy", to: "flood", limits: BusLimits(queuedBytes: 30))
        let writer = try await world.connected("writer")
        for index in 0..<50 { try await writer.publish("flood", "message \(index % 10)") }
        try await until { slow.statistics.received == 50 && heavy.statistics.received == 50 }
        #expect(slow.statistics.dropped == 40)
        #expect(heavy.statistics.dropped == 47)
        // A full mailbox still tells of the connection.
        world.setCut(true, clientID: "slow")
        for index in 0..<10 { #expect(try await slow.nextMessage().text == "message \(index)") }
        _ = try await slow.untilDisconnected()
        for bus in [slow, heavy, writer] { await bus.disconnect() }
    }

    @Test(arguments: Implementation.allCases)
    func dropsAndReportsTenMegabytes(_ implementation: Implementation) async throws {
        let world = try await implementation.world()
        let reader = try await world.connected("reader", to: "up/#")
        let writer = try await world.connected("writer", limits: BusLimits(payloadBytes: 64 << 20))
        let size = 10_000_000
        try await writer.publish(BusMessage(topic: "up/large", payload: [UInt8](repeating: 0x20, count: size)))
        try await writer.publish("up/small", "fine")
        #expect(await reader.events.next() == .oversized(topic: "up/large", bytes: size))
        #expect(try await reader.nextMessage().text == "fine")
        #expect(reader.statistics.oversized == 1 && reader.statistics.dropped == 0)
        await writer.disconnect()
        await reader.disconnect()
    }

    @Test(arguments: Implementation.allCases)
    func recognisesATwinAndTriesAgainLater(_ implementation: Implementation) async throws {
        let world = try await implementation.world()
        let twins = [0, 1].map { _ in world.bus("same", twinInterval: .milliseconds(500)) }
        for twin in twins { await twin.connect { ConnectionAttempt(will: nil) } }
        // They throw each other out until one of them gives way.
        let noticed = try await withThrowingTaskGroup(of: Int.self) { group in
            for index in twins.indices {
                group.addTask {
                    _ = try await twins[index].untilTwin()
                    return index
                }
            }
            defer { group.cancelAll() }
            return try #require(try await group.next())
        }
        await twins[1 - noticed].disconnect()
        #expect(try await eventually { (try? await twins[noticed].publish("alone", "again")) != nil })
        await twins[noticed].disconnect()
    }

    @Test(arguments: Implementation.allCases)
    func stepsBackWhenItsUserHasSeenATwin(_ implementation: Implementation) async throws {
        let world = try await implementation.world()
        let watcher = try await world.connected("watcher", to: "presence/#")
        let bus = world.bus("client", twinInterval: .milliseconds(50))
        await bus.connect {
            ConnectionAttempt(will: BusMessage(topic: "presence/client", payload: [0]), willDelaySeconds: 0)
        }
        _ = try await bus.untilConnected()
        bus.reportTwin(evidence: "a foreign session")
        #expect(try await bus.untilTwin() == "a foreign session")
        _ = try await bus.untilConnected()
        try await bus.publish("presence/client", "no will came before this")
        #expect(try await watcher.nextMessage().text == "no will came before this")
        await bus.disconnect()
        await watcher.disconnect()
    }

    @Test(arguments: Implementation.allCases)
    func endsWhereverItStands(_ implementation: Implementation) async throws {
        let world = try await implementation.world()
        let never = world.bus("never")
        await never.disconnect()
        #expect(await never.events.next() == nil)
        await world.killBroker()
        let searching = world.bus("searching")
        await searching.connect { ConnectionAttempt(will: nil) }
        _ = try await searching.untilDisconnected()
        await searching.disconnect()
        await searching.disconnect()
        #expect(await searching.events.next() == nil)
        await #expect(throws: BusError.notConnected) { try await searching.publish("a", "b") }
    }

    @Test(arguments: Implementation.allCases)
    func answersEveryPublishAndEveryDisconnect(_ implementation: Implementation) async throws {
        let world = try await implementation.world()
        for _ in 0..<20 {
            let bus = try await world.connected("client")
            await withTaskGroup { group in
                for index in 0..<50 {
                    group.addTask {
                        if index % 10 == 9 { await bus.disconnect() } else { try? await bus.publish("a", "\(index)") }
                    }
                }
            }
            #expect(await bus.events.next() == nil)
        }
    }
}

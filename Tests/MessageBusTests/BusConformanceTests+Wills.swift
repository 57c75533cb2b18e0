import FleetTestSupport
import MessageBus
import Synchronization
import Testing

extension BusConformanceTests {
    @Test(arguments: Implementation.allCases)
    func publishesTheWillOfADeadClientOnly(_ implementation: Implementation) async throws {
        let world = try await implementation.world()
        let watcher = try await world.connected("watcher", to: "presence/+")
        let will = { (name: String) in BusMessage(topic: "presence/\(name)", payload: Array("lost".utf8), retain: true)
        }
        let polite = try await world.connected("polite", will: will("polite"))
        await polite.disconnect()
        #expect(await polite.events.next() == nil)
        let dead = try await world.connected("dead", will: will("dead"))
        world.setCut(true, clientID: "dead")
        let message = try await watcher.nextMessage()
        #expect(message.topic == "presence/dead" && message.text == "lost")
        await dead.disconnect()
        await watcher.disconnect()
    }

    @Test(arguments: Implementation.allCases)
    func staysAwayWithoutAWillUntilItIsResumed(_ implementation: Implementation) async throws {
        let world = try await implementation.world()
        let watcher = try await world.connected("watcher", to: "presence/+")
        let will = BusMessage(topic: "presence/agent", payload: Array("lost".utf8))
        let agent = try await world.connected("agent", to: "presence/other", will: will)
        for _ in 1...2 {
            await agent.suspend()
            _ = try await agent.untilDisconnected()
            await #expect(throws: BusError.notConnected) { try await agent.publish("presence/agent", "away") }
            await agent.suspend()
            agent.resume()
            _ = try await agent.untilConnected()
            try await agent.publish("presence/agent", "back")
            #expect(try await watcher.nextMessage().text == "back", "no will came before")
        }
        try await watcher.publish("presence/other", "kept")
        #expect(try await agent.nextMessage().text == "kept", "subscriptions are made again")
        await agent.suspend()
        await agent.disconnect()
        #expect(try await watcher.nextMessage().text == "kept")
        await watcher.disconnect()
    }

    @Test(arguments: Implementation.allCases)
    func declaresANewWillAtEveryConnection(_ implementation: Implementation) async throws {
        let world = try await implementation.world()
        let watcher = try await world.connected("watcher", to: "presence/agent")
        let attempts = Mutex(0)
        let agent = world.bus("agent")
        await agent.connect {
            let attempt = attempts.withLock { attempts in
                attempts += 1
                return attempts
            }
            return ConnectionAttempt(
                will: BusMessage(topic: "presence/agent", payload: Array("\(attempt)".utf8)), willDelaySeconds: 0)
        }
        _ = try await agent.untilConnected()
        #expect(attempts.withLock { $0 } == 1)
        world.setCut(true, clientID: "agent")
        #expect(try await watcher.nextMessage().text == "1")
        _ = try await agent.untilDisconnected()
        world.setCut(false, clientID: "agent")
        _ = try await agent.untilConnected()
        let latest = attempts.withLock { $0 }
        #expect(latest > 1)
        world.setCut(true, clientID: "agent")
        #expect(try await watcher.nextMessage().text == "\(latest)")
        await agent.disconnect()
        await watcher.disconnect()
    }

    @Test(arguments: Implementation.allCases)
    func holdsBackADelayedWillWhenTheClientReturns(_ implementation: Implementation) async throws {
        let world = try await implementation.world()
        let watcher = try await world.connected("watcher", to: "presence/agent")
        let agent = world.bus("agent")
        await agent.connect {
            ConnectionAttempt(will: BusMessage(topic: "presence/agent", payload: [1]), willDelaySeconds: 1)
        }
        _ = try await agent.untilConnected()
        world.setCut(true, clientID: "agent")
        _ = try await agent.untilDisconnected()
        world.setCut(false, clientID: "agent")
        #expect(try await agent.untilConnected())
        try await Task.sleep(for: .seconds(2.5))
        try await agent.publish("presence/agent", "back")
        #expect(try await watcher.nextMessage().text == "back")
        await agent.disconnect()
        await watcher.disconnect()
    }
}

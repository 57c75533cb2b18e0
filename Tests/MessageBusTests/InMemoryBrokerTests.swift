import FleetRuntime
import FleetTestSupport
import Testing

@testable import MessageBus

@Suite(.timeLimit(.minutes(1))) struct InMemoryBrokerTests {
    /// What arrives of 2,000 numbered messages under faults.
    private func arrivals(seed: UInt64, _ faults: InMemoryFaults) async throws -> [Int] {
        let world = InMemoryWorld(InMemoryBroker(time: ManualTimeSource(), seed: seed, faults: faults))
        let reader = try await world.connected("reader", to: "numbers")
        let writer = try await world.connected("writer")
        for index in 0..<2000 { try await writer.publish("numbers", "\(index)") }
        world.broker.faults = InMemoryFaults()
        try await writer.publish("numbers", "-1")
        var numbers: [Int] = []
        while true {
            let number = try #require(Int(try await reader.nextMessage().text))
            // A message that was held back comes after the one that overtook it.
            if number == -1 { break }
            numbers.append(number)
        }
        await reader.disconnect()
        await writer.disconnect()
        return numbers
    }

    @Test func dropsAsOftenAsTold() async throws {
        let numbers = try await arrivals(seed: 11, InMemoryFaults(drop: 0.25))
        #expect((1400...1600).contains(numbers.count))
        #expect(numbers == numbers.sorted())
        #expect(Set(numbers).count == numbers.count)
    }

    @Test func duplicatesAndReordersAsOftenAsTold() async throws {
        let duplicated = try await arrivals(seed: 12, InMemoryFaults(duplicate: 0.25))
        #expect((2400...2600).contains(duplicated.count))
        #expect(Set(duplicated) == Set(0..<2000))
        let reordered = try await arrivals(seed: 13, InMemoryFaults(reorder: 0.25))
        #expect(reordered != reordered.sorted())
        #expect(reordered.count >= 1999)
    }

    @Test func repeatsItselfFromTheSameSeed() async throws {
        let faults = InMemoryFaults(drop: 0.1, duplicate: 0.1, reorder: 0.1)
        let first = try await arrivals(seed: 14, faults)
        #expect(try await arrivals(seed: 14, faults) == first)
        #expect(try await arrivals(seed: 15, faults) != first)
    }

    @Test func firesADelayedWillOnTheInjectedClock() async throws {
        let time = ManualTimeSource()
        let broker = InMemoryBroker(time: time)
        let world = InMemoryWorld(broker)
        let watcher = try await world.connected("watcher", to: "presence")
        let agent = InMemoryBus(broker, clientID: "agent")
        let will = BusMessage(topic: "presence", payload: [1], retain: true)
        await agent.connect { ConnectionAttempt(will: will, willDelaySeconds: 45) }
        _ = try await agent.untilConnected()
        broker.setPartitioned(true, clientID: "agent")
        _ = try await agent.untilDisconnected()
        // The will, the session's expiry and the agent's next attempt.
        try await until { time.sleeperCount == 3 }
        time.advance(by: .seconds(44))
        #expect(broker.retained("presence") == nil)
        try await until { time.sleeperCount == 3 }
        time.advance(by: .seconds(1))
        #expect(try await watcher.nextMessage().payload == [1])
        #expect(broker.retained("presence") == will)
        await agent.disconnect()
        await watcher.disconnect()
    }

    @Test func recognisesATwinWithoutAReasonCode() async throws {
        let world = InMemoryWorld(InMemoryBroker(tellsTakeover: false))
        let twins = [0, 1].map { _ in world.bus("same") }
        for twin in twins { await twin.connect { ConnectionAttempt(will: nil) } }
        let evidence = try await withThrowingTaskGroup(of: String.self) { group in
            for twin in twins { group.addTask { try await twin.untilTwin() } }
            defer { group.cancelAll() }
            return try #require(try await group.next())
        }
        #expect(evidence.contains("3 connections in a row"))
        for twin in twins { await twin.disconnect() }
    }

    @Test(arguments: [
        ("a/b", "a/b", true), ("a/b", "a/b/c", false), ("a/+", "a/b", true), ("a/+", "a", false), ("+", "a", true),
        ("a/#", "a", true), ("a/#", "a/b/c", true), ("#", "a/b", true), ("#", "$SYS/broker", false),
        ("+/broker", "$SYS/broker", false), ("a/+/c", "a//c", true), ("a/b", "a/B", false),
    ])
    func matchesAsMQTTSays(filter: String, topic: String, matches: Bool) throws {
        #expect(try #require(TopicFilter(filter)).matches(topic) == matches)
    }

    @Test(arguments: ["", "a/#/b", "a#", "a/b+", "+a"])
    func refusesFiltersWithMisplacedWildcards(filter: String) { #expect(TopicFilter(filter) == nil) }
}

import FleetModel
import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import Synchronization
import Testing

@testable import DurableStream

/// The real actors against a controller in memory that loses, repeats and forgets.
@Suite struct StreamPublisherTests {
    struct Gone: Error {}

    final class Controller: Sendable {
        struct State {
            var random: SeededGenerator
            var receiver = StreamReceiver()
            var store = StoreID.random()
            var numbers: [String] = []
            var sent = 0
            var refusing = false
        }
        let state: Mutex<State>
        let losing: Int

        init(seed: UInt64, losing: Int) {
            state = Mutex(State(random: SeededGenerator(seed: seed)))
            self.losing = losing
        }

        /// - Returns: the acknowledgement, if it arrives.
        func receive(_ json: [UInt8]) throws -> StreamPosition? {
            let header = try FleetJSON.decode(StreamHeader.self, from: Data(json))
            let body = try FleetJSON.decode(StreamBody<HostEvent>.self, from: Data(json)).body
            return try state.withLock { state in
                state.sent += 1
                if state.refusing { throw Gone() }
                if Int.random(in: 0..<100, using: &state.random) < losing { return nil }
                if case .commit = state.receiver.receive(header) { state.numbers.append(body.message) }
                if Int.random(in: 0..<100, using: &state.random) < losing { return nil }
                return StreamPosition(
                    store: state.store, epoch: header.epoch, seq: state.receiver.position(in: header.epoch))
            }
        }

        var numbers: [String] { state.withLock(\.numbers) }
    }

    let directory: TemporaryDirectory
    let time = ManualTimeSource()
    let log = LogLines()
    init() throws { directory = try TemporaryDirectory() }

    /// Runs a publisher against a controller while the body does something to them.
    func withPublisher(
        to controller: Controller, _ body: (Spool, StreamPublisher) async throws -> Void
    ) async throws {
        let spool = try Spool(
            path: directory.file("spool.db"), limits: SpoolLimits(reserveBytes: 4096), time: time, bootID: "boot",
            logger: log.logger)
        let acks = Mailbox<StreamPosition>(capacity: 10_000)
        let publisher = StreamPublisher(spool: spool, time: time, logger: log.logger) { json in
            if let ack = try controller.receive(json) { acks.send(ack) }
        }
        let running = Task { try await publisher.run() }
        let acknowledging = Task { for await ack in acks { publisher.acknowledged(ack) } }
        try await body(spool, publisher)
        acks.finish()
        await acknowledging.value
        running.cancel()
        try await running.value
    }

    /// Lets time pass until all is acknowledged.
    func settle(_ spool: Spool) async throws {
        for _ in 0..<5000 where spool.statistics.unacknowledgedRecords > 0 {
            time.advance(by: .seconds(30))
            try await Task.sleep(for: .milliseconds(1))
        }
        #expect(spool.statistics.unacknowledgedRecords == 0)
    }

    @Test(arguments: [(1, 0), (2, 0), (3, 20), (4, 20), (5, 40)] as [(UInt64, Int)])
    func `everything arrives once and in order`(seed: UInt64, losing: Int) async throws {
        let controller = Controller(seed: seed, losing: losing)
        try await withPublisher(to: controller) { spool, publisher in
            for number in 1...150 {
                try await spool.append(.agentStarted, HostEvent(what: "n", message: "\(number)"))
                if number == 50 { publisher.connected() }
                if number == 100 {
                    publisher.disconnected()
                    publisher.connected()
                }
            }
            try await settle(spool)
        }
        #expect(controller.numbers == (1...150).map(String.init), "seed \(seed)")
    }

    @Test func `nothing is sent before there is a connection, and a record wakes the sender`() async throws {
        let controller = Controller(seed: 1, losing: 0)
        try await withPublisher(to: controller) { spool, publisher in
            try await spool.append(.agentStarted, HostEvent(what: "n", message: "1"))
            #expect(controller.state.withLock(\.sent) == 0)
            publisher.connected()
            try await settle(spool)
            try await spool.append(.agentStarted, HostEvent(what: "n", message: "2"))
            try await settle(spool)
        }
        #expect(controller.numbers == ["1", "2"])
    }

    @Test func `a broker that refuses is tried again later, without another connection`() async throws {
        let controller = Controller(seed: 1, losing: 0)
        controller.state.withLock { $0.refusing = true }
        try await withPublisher(to: controller) { spool, publisher in
            publisher.connected()
            try await spool.append(.agentStarted, HostEvent(what: "n", message: "1"))
            while controller.state.withLock(\.sent) == 0 { await Task.yield() }
            controller.state.withLock { $0.refusing = false }
            try await settle(spool)
        }
        #expect(controller.numbers == ["1"])
    }

    @Test func `a controller with another database gets everything again`() async throws {
        let controller = Controller(seed: 1, losing: 0)
        try await withPublisher(to: controller) { spool, publisher in
            publisher.connected()
            for number in 1...100 { try await spool.append(.agentStarted, HostEvent(what: "n", message: "\(number)")) }
            try await settle(spool)
            controller.state.withLock { state in
                state.receiver = StreamReceiver()
                state.store = .random()
                state.numbers = []
            }
            try await spool.append(.agentStarted, HostEvent(what: "n", message: "101"))
            while controller.numbers.count < 101 {
                time.advance(by: .seconds(30))
                try await Task.sleep(for: .milliseconds(1))
            }
            try await settle(spool)
        }
        #expect(controller.numbers == (1...101).map(String.init))
        #expect(log.lines.contains { $0.contains("sending again all that is held") })
    }
}

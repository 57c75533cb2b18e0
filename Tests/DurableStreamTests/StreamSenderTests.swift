import FleetModel
import Testing

@testable import DurableStream

@Suite struct StreamSenderTests {
    let epoch = EpochID.random()
    var sender = StreamSender(jitter: { 1 })

    func place(_ seq: UInt64) -> StreamPlace { StreamPlace(epoch: epoch, seq: seq) }

    mutating func send(_ range: ClosedRange<UInt64>, at now: Duration = .zero) {
        for seq in range { sender.sent(place(seq), at: now) }
    }

    @Test mutating func `nothing is sent while there is no connection`() {
        #expect(sender.request == nil)
        sender.connected()
        #expect(sender.request?.limit == 64)
        sender.disconnected()
        #expect(sender.request == nil)
        #expect(sender.deadline == nil)
    }

    @Test mutating func `at most 64 are on the wire`() {
        sender.connected()
        send(1...64)
        #expect(sender.request == nil)
        sender.acknowledged(place(10), at: .zero)
        #expect(sender.request?.limit == 10)
        #expect(sender.request?.after == place(64))
        sender.acknowledged(StreamPlace(epoch: .random(), seq: 64), at: .zero)
        #expect(sender.request?.limit == 10)
    }

    @Test mutating func `a connection starts over`() {
        sender.connected()
        send(1...20)
        sender.connected()
        #expect(sender.request?.after == nil)
        #expect(sender.request?.limit == 64)
    }

    @Test mutating func `a controller that comes gets everything at once`() {
        sender.connected()
        send(1...64)
        sender.controllerCame()
        #expect(sender.request?.after == nil)
        #expect(sender.request?.limit == 64)
        #expect(sender.deadline == nil)
        sender.failed(at: .zero)
        sender.controllerCame()
        #expect(sender.request?.limit == 64, "a broker that refused may take it for a controller that is there")
        sender.disconnected()
        sender.controllerCame()
        #expect(sender.request == nil)
    }

    @Test mutating func `without progress it sends again, each time later, up to a bound`() {
        sender.connected()
        var now = Duration.zero
        var waits: [Duration] = []
        for _ in 0..<8 {
            send(1...2, at: now)
            let deadline = sender.deadline ?? .zero
            sender.timePassed(to: deadline - .nanoseconds(1))
            #expect(sender.unacknowledgedCount == 2)
            sender.timePassed(to: deadline)
            #expect(sender.unacknowledgedCount == 0)
            #expect(sender.request?.after == nil)
            waits.append(deadline - now)
            now = deadline
        }
        // 1.5 times 30 s: the jitter's upper end.
        #expect(waits == [45, 90, 180, 360, 720, 1440, 1440, 1440].map { .seconds($0) })
        send(1...2, at: now)
        sender.acknowledged(place(1), at: now)
        #expect(sender.deadline == now + .seconds(45))
        sender.acknowledged(place(2), at: now)
        #expect(sender.deadline == nil)
    }

    @Test mutating func `a broker that refuses is left in peace until the deadline`() {
        sender.connected()
        send(1...1)
        sender.failed(at: .seconds(5))
        #expect(sender.request == nil)
        #expect(sender.deadline == .seconds(50))
        sender.timePassed(to: .seconds(50))
        #expect(sender.request?.after == nil)
        #expect(sender.request?.limit == 64)
    }

    @Test mutating func `another database gets everything`() {
        sender.connected()
        send(1...64)
        sender.storeChanged()
        #expect(sender.request?.after == nil)
        #expect(sender.request?.limit == 64)
    }
}

import FleetModel
import FoundationEssentials
import Testing

@testable import DurableStream

@Suite struct ReceiverTests {
    static let epoch = EpochID.random()

    func header(_ seq: UInt64, first: UInt64 = 1, from: UInt64? = nil, epoch: EpochID = epoch) -> StreamHeader {
        StreamHeader(
            epoch: epoch, seq: seq, from: from, first: first, time: Date(timeIntervalSince1970: 0), bootID: "",
            uptime: 0, type: .vmLifecycle)
    }

    struct Case: Sendable {
        var last: UInt64
        var seq: UInt64
        var first: UInt64 = 1
        var from: UInt64?
        var decision: StreamReceiver.Decision
    }

    @Test(arguments: [
        Case(last: 0, seq: 1, decision: .commit(gap: nil)),
        Case(last: 4, seq: 5, decision: .commit(gap: nil)),
        Case(last: 4, seq: 4, decision: .duplicate),
        Case(last: 4, seq: 0, decision: .duplicate),
        Case(last: 4, seq: 6, decision: .ahead),
        Case(last: 0, seq: 2, decision: .ahead),
        // The host no longer holds what is missing.
        Case(last: 0, seq: 5, first: 5, decision: .commit(gap: 1...4)),
        Case(last: 4, seq: 9, first: 9, decision: .commit(gap: 5...8)),
        Case(last: 4, seq: 9, first: 7, decision: .ahead),
        Case(last: 4, seq: 7, first: 7, decision: .commit(gap: 5...6)),
        Case(last: 4, seq: 5, first: 3, decision: .commit(gap: nil)),
        Case(last: 9, seq: 9, first: 9, decision: .duplicate),
        // A run of dropped records.
        Case(last: 4, seq: 9, from: 5, decision: .commit(gap: nil)),
        Case(last: 6, seq: 9, from: 5, decision: .commit(gap: nil)),
        Case(last: 3, seq: 9, from: 5, decision: .ahead),
        Case(last: 9, seq: 9, from: 5, decision: .duplicate),
        Case(last: 2, seq: 9, first: 5, from: 5, decision: .commit(gap: 3...4)),
        // Nonsense must not do harm.
        Case(last: 4, seq: 5, first: 99, decision: .commit(gap: nil)),
        Case(last: 4, seq: 6, from: 99, decision: .ahead),
        Case(last: .max, seq: .max, decision: .duplicate),
    ]) func `decides`(test: Case) {
        var receiver = StreamReceiver(positions: [Self.epoch: test.last])
        #expect(receiver.receive(header(test.seq, first: test.first, from: test.from)) == test.decision)
        if case .commit = test.decision {
            #expect(receiver.position(in: Self.epoch) == test.seq)
        } else {
            #expect(receiver.position(in: Self.epoch) == test.last)
        }
    }

    @Test func `epochs count apart`() {
        var receiver = StreamReceiver(positions: [Self.epoch: 7])
        let other = EpochID.random()
        #expect(receiver.receive(header(1, epoch: other)) == .commit(gap: nil))
        #expect(receiver.receive(header(8)) == .commit(gap: nil))
        #expect(receiver.positions == [Self.epoch: 8, other: 1])
    }
}

@Suite struct AckCoalescerTests {
    let host = HostID.random()
    let store = StoreID.random()
    let epoch = EpochID.random()

    func position(_ seq: UInt64, _ epoch: EpochID? = nil) -> StreamPosition {
        StreamPosition(store: store, epoch: epoch ?? self.epoch, seq: seq)
    }

    @Test func `the first goes at once, the rest once a second and only the newest`() {
        var acks = AckCoalescer()
        #expect(acks.due(at: .seconds(9)).isEmpty)
        acks.acknowledge(position(1), to: host)
        #expect(acks.due(at: .seconds(10)).map(\.position) == [position(1)])
        for seq in 2...32 as ClosedRange<UInt64> { acks.acknowledge(position(seq), to: host) }
        #expect(acks.due(at: .seconds(10.9)).isEmpty)
        #expect(acks.due(at: .seconds(11)).map(\.position) == [position(32)])
        #expect(acks.due(at: .seconds(20)).isEmpty)
    }

    @Test func `a host that catches up is told at every half window`() {
        var acks = AckCoalescer()
        acks.acknowledge(position(1), to: host)
        #expect(acks.due(at: .zero).count == 1)
        acks.acknowledge(position(32), to: host)
        #expect(acks.due(at: .milliseconds(1)).isEmpty)
        acks.acknowledge(position(33), to: host)
        #expect(acks.due(at: .milliseconds(1)).map(\.position) == [position(33)])
        acks.acknowledge(position(97), to: host)
        #expect(acks.due(at: .milliseconds(2)).map(\.position) == [position(97)])
        // Another epoch's numbers say nothing of how full its window is.
        acks.acknowledge(position(500, .random()), to: host)
        #expect(acks.due(at: .milliseconds(3)).isEmpty)
    }

    @Test func `hosts do not wait for each other`() {
        var acks = AckCoalescer()
        let other = HostID.random()
        acks.acknowledge(position(1), to: host)
        #expect(acks.due(at: .zero).count == 1)
        acks.acknowledge(position(2), to: host)
        acks.acknowledge(position(1), to: other)
        #expect(acks.due(at: .milliseconds(1)).map(\.host) == [other])
        #expect(acks.due(at: .seconds(1)).map(\.host) == [host])
    }

    @Test func `no epoch's acknowledgement hides another's, and noise is bounded`() {
        var acks = AckCoalescer()
        let next = EpochID.random()
        acks.acknowledge(position(9), to: host)
        acks.acknowledge(position(1, next), to: host)
        acks.acknowledge(position(9), to: host)
        #expect(acks.due(at: .zero).map(\.position) == [position(9)])
        #expect(acks.due(at: .seconds(1)).map(\.position) == [position(1, next)])
        for _ in 0..<1000 { acks.acknowledge(position(1, .random()), to: host) }
        var published = 0
        for second in 2..<100 { published += acks.due(at: .seconds(second)).count }
        #expect(published == 4)
    }
}

@Suite struct RestoreEvidenceTests {
    let store = StoreID.random()
    let epoch = EpochID.random()

    func evidence(_ store: StoreID, _ seq: UInt64, _ epoch: EpochID? = nil) -> RestoreEvidence {
        RestoreEvidence(
            acked: StreamPosition(store: store, epoch: epoch ?? self.epoch, seq: seq), store: self.store,
            receiver: StreamReceiver(positions: [self.epoch: 10]))
    }

    @Test func `only more than this very database has proves a restore`() {
        #expect(evidence(store, 10) == .none)
        #expect(evidence(store, 3) == .none)
        #expect(evidence(store, 11) == .restored)
        #expect(evidence(store, 1, .random()) == .restored)
        #expect(evidence(store, 0, .random()) == .none)
        #expect(evidence(.random(), 99) == .otherStore)
        #expect(RestoreEvidence(acked: nil, store: store, receiver: StreamReceiver()) == .none)
    }
}

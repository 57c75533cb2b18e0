import FleetModel
import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import Testing

@testable import FleetStore

struct IngestTests {
    let fixture: StoreFixture
    var store: FleetStore { fixture.store }

    init() throws { fixture = try StoreFixture() }

    /// A sender that repeats, reorders and drops on the way, and sends again from the acknowledged position on.
    @Test(arguments: UInt64(1)...12)
    func everyRecordIsCommittedExactlyOnceAndInOrder(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let hosts = [try await fixture.host("a").id, try await fixture.host("b").id]
        let epochs = hosts.map { _ in [EpochID.random(), EpochID.random()] }
        let last: UInt64 = 40
        var rounds = 0
        var acked: [EpochID: UInt64] = [:]
        while epochs.joined().contains(where: { (acked[$0] ?? 0) < last }) {
            rounds += 1
            try #require(rounds < 1000, "seed \(seed) does not converge")
            var wire: [Arrival] = []
            for (host, epochs) in zip(hosts, epochs) {
                guard let epoch = epochs.first(where: { (acked[$0] ?? 0) < last }) else { continue }
                let next = (acked[epoch] ?? 0) + 1
                for seq in next...min(last, next + 7) {
                    for _ in 0..<Int.random(in: 0...2, using: &random) {
                        wire.append(try fixture.record(host, epoch, seq))
                    }
                }
            }
            if Bool.random(using: &random) { wire.shuffle(using: &random) }
            for (_, position) in try await store.commit(wire).acknowledgements { acked[position.epoch] = position.seq }
        }
        for (host, epochs) in zip(hosts, epochs) {
            let events = try await store.events(after: 0, host: host.description, limit: 1000)
            #expect(events.map(\.seq) == Array(1...last) + Array(1...last), "seed \(seed)")
            #expect(events.map(\.epoch) == epochs.flatMap { Array(repeating: $0, count: Int(last)) }, "seed \(seed)")
            #expect(events.map(\.id) == events.map(\.id).sorted())
        }
    }

    @Test func recordsThatTheHostNoLongerHoldsAreShownAsAGap() async throws {
        let host = try await fixture.host().id
        let epoch = EpochID.random()
        _ = try await store.commit([try fixture.record(host, epoch, 1)])
        let outcome = try await store.commit([try fixture.record(host, epoch, 5, first: 5)])
        #expect(outcome.lost == 3)
        let gap = try await store.events(after: 1, limit: 1).first
        #expect(gap?.type == StreamGap.type)
        #expect(gap?.seq == 4)
        #expect(gap?.body["count"] == .integer(3))
        #expect(outcome.acknowledgements.map(\.position.seq) == [5])
    }

    @Test func aRecordAheadIsNotTakenAndTheHostIsToldSo() async throws {
        let host = try await fixture.host().id
        let epoch = EpochID.random()
        let outcome = try await store.commit([try fixture.record(host, epoch, 3)])
        #expect(outcome.committed == 0)
        #expect(outcome.acknowledgements.map(\.position.seq) == [0])
        #expect(try await store.events(after: 0, limit: 9).isEmpty)
    }

    @Test func unknownFieldsOfARecordAreKept() async throws {
        let host = try await fixture.host().id
        let header = StreamHeader(
            epoch: .random(), seq: 1, first: 1, time: fixture.time.now(), bootID: "b", uptime: 0,
            type: EventType(rawValue: "printer.on-fire"))
        let text =
            #"{"epoch":"\#(header.epoch)","seq":1,"time":"2026-09-21T14:13:20.000Z","body":{"new":[1,{"a":null}]}}"#
        _ = try await store.commit([fixture.arrival(host, .record(header, text: text, report: nil))])
        let event = try await store.events(type: EventType(rawValue: "printer.on-fire"), limit: 1).items.first
        #expect(event?.body == .object(["new": .array([.integer(1), .object(["a": .null])])]))
    }

    @Test func followersAreToldOnceAndReadTheRest() async throws {
        let host = try await fixture.host().id
        let epoch = EpochID.random()
        let follower = store.commitNotifications()
        for seq in 1...3 { _ = try await store.commit([try fixture.record(host, epoch, UInt64(seq))]) }
        #expect(follower.count == 1)
        #expect(await follower.next() == 1)
        #expect(try await store.events(after: 0, limit: 9).count == 3)
        #expect(try await store.newestCommit() == 3)
    }

    @Test func anUnknownHostIsRefusedAndItsWordsKept() async throws {
        let outcome = try await store.commit([fixture.arrival(.random(), .presence(fixture.presence()))])
        #expect(outcome.refused.map(\.reason) == [.unknownHost])
        let kept = try await store.refusedPayloads(limit: 9)
        #expect(kept.map(\.head) == [Array("payload".utf8)])
    }

    @Test func whatWasRefusedIsKeptInBounds() async throws {
        let limit = RefusedRepository.keptRows
        let large = [UInt8](repeating: 7, count: RefusedPayload.keptBytes + 1)
        let refused = (0..<limit + 5).map {
            RefusedPayload(receivedAt: fixture.time.now(), topic: "t\($0)", reason: .malformed, payload: large)
        }
        _ = try await store.commit([], refused: refused)
        let kept = try await store.refusedPayloads(limit: limit * 2)
        #expect(kept.count == limit)
        #expect(kept.first?.topic == "t\(limit + 4)")
        #expect(kept.allSatisfy { $0.head.count == RefusedPayload.keptBytes && $0.size == large.count })
    }

    @Test func aVMComesAndGoes() async throws {
        let host = try await fixture.host()
        let vm = fixture.vm("w11")
        _ = try await store.commit([fixture.arrival(host.id, .vm(vm))])
        #expect(try await store.host("bench-1").vmCount == 1)
        _ = try await store.commit([fixture.arrival(host.id, .vmGone(vm.id))])
        #expect(try await store.vms(after: nil, limit: 9).items.isEmpty)
        await #expect(throws: StoreError.notFound(kind: "VM", name: vm.id.description)) {
            _ = try await store.vm(vm.id)
        }
    }

    @Test func aVMThatThePresenceNoLongerNamesIsForgotten() async throws {
        let host = try await fixture.host().id
        let (stays, goes) = (fixture.vm("w11"), fixture.vm("w10"))
        _ = try await store.commit([fixture.arrival(host, .vm(stays)), fixture.arrival(host, .vm(goes))])
        _ = try await store.commit([fixture.arrival(host, .presence(fixture.presence(vms: nil)))])
        #expect(try await store.host("bench-1").vmCount == 2, "a host that has not seen its hypervisor says nothing")
        _ = try await store.commit([fixture.arrival(host, .presence(fixture.presence(vms: [stays.id])))])
        #expect(try await store.vms(after: nil, limit: 9).items.map(\.vm.id) == [stays.id])
    }

    @Test func whatAPresenceNamesAndNobodySentIsMissing() async throws {
        let host = try await fixture.host().id
        let digest = Digest(String(repeating: "a", count: 64))!
        let vm = fixture.vm("w11")
        let presence = fixture.presence(inventory: [.cpu: digest, .memory: digest], vms: [vm.id])
        let outcome = try await store.commit([
            fixture.arrival(host, .presence(presence)),
            fixture.arrival(host, .inventory(.cpu, digest: digest, document: #"{"cores":8}"#)),
        ])
        #expect(outcome.arrived == [host])
        #expect(try await store.missingDocuments(of: host) == .init(parts: [.memory], vms: true))
        _ = try await store.commit([
            fixture.arrival(host, .vm(vm)),
            fixture.arrival(host, .inventory(.memory, digest: digest, document: "{}")),
        ])
        #expect(try await store.missingDocuments(of: host) == nil)
        #expect(try await store.host("bench-1").inventory?[.cpu]?["cores"] == .integer(8))
    }

    @Test func lastSeenIsWhenTheHostSpokeNotWhenTheBrokerRemembered() async throws {
        let host = try await fixture.host()
        let old = fixture.presence(.sleeping)
        fixture.time.advance(by: .seconds(86400 * 3))
        _ = try await store.commit([fixture.arrival(host.id, .presence(old), retained: true)])
        #expect(try await store.host("bench-1").lastSeenAt == old.time)
        _ = try await store.commit([
            fixture.arrival(host.id, .metrics(MetricsBatch(time: old.time, host: [:], vms: [:])))
        ])
        #expect(try await store.host("bench-1").lastSeenAt == fixture.time.now())
        // Heard again as retained, the old word takes nothing back.
        _ = try await store.commit([fixture.arrival(host.id, .presence(old), retained: true)])
        #expect(try await store.host("bench-1").lastSeenAt == fixture.time.now())
    }

    @Test func aClockThatJumpsADayChangesNoOrder() async throws {
        let host = try await fixture.host().id
        let epoch = EpochID.random()
        for (seq, jump) in [(1, 86400), (2, -2 * 86400), (3, 86400)] {
            _ = try await store.commit([try fixture.record(host, epoch, UInt64(seq))])
            fixture.time.jump(by: .seconds(jump))
        }
        #expect(try await store.events(after: 0, limit: 9).map(\.seq) == [1, 2, 3])
        #expect(try await store.events(limit: 9).items.map(\.seq) == [3, 2, 1])
    }
}

import FleetModel
import MessageBus
import Testing

@testable import FleetAgent

@Suite struct OutboxTests {
    private let vm = Topic.vm(.random(), .random())
    private let part = Topic.inventory(.random(), .cpu)

    private func message(_ text: String) -> BusMessage {
        BusMessage(topic: "t", payload: Array(text.utf8), retain: true)
    }

    @Test func documentsGoInOrderAndOnce() throws {
        var outbox = Outbox()
        outbox.set(part, message("a"))
        outbox.set(vm, message("b"))
        let first = try #require(outbox.next())
        #expect(first.topic == part && outbox.next() == first, "until it is taken, it is next")
        outbox.finished(first)
        let second = try #require(outbox.next())
        #expect(second.topic == vm)
        outbox.finished(second)
        outbox.set(vm, message("b"))
        #expect(outbox.next() == nil && Set(outbox.taken.keys) == [part, vm])
    }

    @Test func onlyTheLastOfSeveralChangesIsSent() throws {
        var outbox = Outbox()
        outbox.set(vm, message("a"))
        let underWay = try #require(outbox.next())
        outbox.set(vm, message("b"))
        outbox.set(vm, message("c"))
        outbox.finished(underWay)
        #expect(outbox.taken.isEmpty)
        #expect(outbox.next()?.message == message("c"))
    }

    @Test func anEmptyDocumentIsForgottenOnceTheBrokerHasIt() throws {
        var outbox = Outbox()
        outbox.set(vm, message(""))
        outbox.finished(try #require(outbox.next()))
        #expect(outbox.taken.isEmpty && outbox.next() == nil)
    }

    @Test func whatTheBrokerLostIsSentAgain() throws {
        var outbox = Outbox()
        for topic in [part, vm] {
            outbox.set(topic, message("a"))
            outbox.finished(try #require(outbox.next()))
        }
        outbox.repeatAll { $0 == part }
        #expect(outbox.next()?.topic == part && Set(outbox.taken.keys) == [vm])
    }
}

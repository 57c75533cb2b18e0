import FleetRuntime
import Synchronization
import Testing

@Suite struct MailboxTests {
    @Test func `keeps the order of each of many senders`() async {
        let mailbox = Mailbox<(sender: Int, number: Int)>(capacity: 100_000)
        let received = Task {
            var received: [(sender: Int, number: Int)] = []
            for await element in mailbox { received.append(element) }
            return received
        }
        await withTaskGroup { group in
            for sender in 0..<8 {
                group.addTask { for number in 0..<1000 { mailbox.send((sender, number)) } }
            }
        }
        mailbox.finish()
        let all = await received.value
        #expect(all.count == 8000)
        for sender in 0..<8 { #expect(all.filter { $0.sender == sender }.map(\.number) == Array(0..<1000)) }
    }

    @Test func `refuses and counts what does not fit, and goes on when there is room`() async {
        let mailbox = Mailbox<Int>(capacity: 3)
        #expect((1...5).map { mailbox.send($0) } == [true, true, true, false, false])
        #expect(mailbox.refused == 2)
        #expect(mailbox.count == 3)
        #expect(await mailbox.next() == 1)
        #expect(mailbox.send(6))
        #expect([await mailbox.next(), await mailbox.next(), await mailbox.next()] == [2, 3, 6])
    }

    @Test func `bounds what is queued by weight, too`() async {
        let mailbox = Mailbox<Int>(capacity: 100, weightLimit: 10) { $0 }
        #expect(mailbox.send(6))
        #expect(!mailbox.send(5))
        #expect(mailbox.send(5, exempt: true))
        _ = await mailbox.next()
        #expect(mailbox.send(5))
        #expect(mailbox.refused == 1)
    }

    @Test func `gives the rest, then nil, once finished`() async {
        let mailbox = Mailbox<Int>(capacity: 3)
        mailbox.send(1)
        mailbox.finish()
        #expect(!mailbox.send(2))
        #expect(await mailbox.next() == 1)
        #expect(await mailbox.next() == nil)
        #expect(await mailbox.next() == nil)
    }

    @Test func `wakes a waiting consumer on finish and on cancellation`() async {
        for cancels in [true, false] {
            let mailbox = Mailbox<Int>(capacity: 3)
            let consumer = Task { await mailbox.next() }
            await Task.yield()
            if cancels { consumer.cancel() } else { mailbox.finish() }
            #expect(await consumer.value == nil)
        }
    }

    /// A consumer that is cancelled while senders send loses nothing that was accepted.
    @Test func `cancellation loses no element`() async {
        for _ in 0..<500 {
            let mailbox = Mailbox<Int>(capacity: 10)
            let consumer = Task { await mailbox.next() }
            let sender = Task { mailbox.send(7) }
            consumer.cancel()
            let accepted = await sender.value
            let first = await consumer.value
            mailbox.finish()
            let second = await mailbox.next()
            #expect(accepted)
            #expect([first, second].compactMap { $0 } == [7])
        }
    }

    final class Payload: Sendable {}

    @Test func `lets go of what was taken`() async {
        let mailbox = Mailbox<Payload>(capacity: 100)
        weak var payload: Payload?
        do {
            let strong = Payload()
            payload = strong
            mailbox.send(strong)
            mailbox.send(Payload())
        }
        #expect(payload != nil)
        _ = await mailbox.next()
        #expect(payload == nil)
        #expect(mailbox.count == 1)
    }
}

import FleetRuntime
import Testing

@Suite struct MailboxTests {
    @Test func refusesAndCountsWhatDoesNotFit() async {
        let mailbox = Mailbox<Int>(capacity: 2)
        #expect(mailbox.send(1) && mailbox.send(2))
        #expect(!mailbox.send(3))
        #expect(mailbox.send(4, exempt: true))
        #expect(mailbox.refused == 1)
        mailbox.finish()
        #expect(!mailbox.send(5, exempt: true))
        var taken: [Int] = []
        for await element in mailbox { taken.append(element) }
        #expect(taken == [1, 2, 4])
    }

    @Test func boundsTheWeightOfWhatIsQueued() async {
        let mailbox = Mailbox<Int>(capacity: 100, weightLimit: 10) { $0 }
        #expect(mailbox.send(6))
        #expect(!mailbox.send(5))
        #expect(mailbox.send(4))
        #expect(await mailbox.next() == 6)
        #expect(mailbox.send(6))
        #expect(await mailbox.next() == 4)
        #expect(await mailbox.next() == 6)
        #expect(mailbox.count == 0 && mailbox.refused == 1)
    }

    @Test func endsTheWaitOfACancelledConsumer() async {
        let mailbox = Mailbox<Int>(capacity: 1)
        let consumer = Task { await mailbox.next() }
        consumer.cancel()
        #expect(await consumer.value == nil)
        #expect(mailbox.send(1))
        #expect(await mailbox.next() == 1)
    }
}

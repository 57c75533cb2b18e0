import FleetModel
import FleetRuntime
import Testing

@testable import Hypervisor

@Suite struct LibvirtEventRelayTests {
    private let events = Mailbox<HypervisorEvent>(capacity: 3)

    @Test func connectedComesBeforeWhatHappenedMeanwhile() async {
        let relay = LibvirtEventRelay(events: events)
        relay.receive(event(1))
        relay.receive(event(2))
        #expect(events.count == 0)
        #expect(relay.begin(with: []))
        relay.receive(event(3))
        #expect(await drained() == [.connected([]), event(1), event(2)])
    }

    @Test func anEventWithoutRoomAsksForAListOnce() async {
        let relay = LibvirtEventRelay(events: events)
        #expect(relay.begin(with: []))
        for number in 1...5 { relay.receive(event(number)) }
        #expect(await drained() == [.connected([]), event(1), event(2)])
        #expect(relay.signals.count == 1)

        relay.healing()
        #expect(relay.begin(with: []))
        for number in 6...9 { relay.receive(event(number)) }
        #expect(await drained() == [.connected([]), event(6), event(7)])
        #expect(relay.signals.count == 2)
    }

    @Test func aFullMailboxTakesNoListEither() async {
        let relay = LibvirtEventRelay(events: events)
        for number in 1...3 { events.send(event(number)) }
        relay.receive(event(4))
        #expect(!relay.begin(with: []))
        _ = await drained()
        #expect(relay.begin(with: []))
        #expect(await drained() == [.connected([]), event(4)])
    }

    private func event(_ number: Int) -> HypervisorEvent {
        .reboot(VMID("1b4e28ba-2fa1-41d2-883f-0016d3cca427")!, name: "vm-\(number)")
    }

    private func drained() async -> [HypervisorEvent] {
        var drained: [HypervisorEvent] = []
        while events.count > 0, let event = await events.next() { drained.append(event) }
        return drained
    }
}

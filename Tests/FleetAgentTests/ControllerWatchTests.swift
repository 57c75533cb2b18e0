import FleetModel
import FoundationEssentials
import Testing

@testable import FleetAgent

@Suite struct ControllerWatchTests {
    private var watch = ControllerWatch()

    private mutating func comes(
        _ state: ControllerPresence.State, _ session: SessionID, retained: Bool = false
    ) -> Bool {
        watch.observe(
            ControllerPresence(state: state, session: session, version: "1", time: Date(timeIntervalSince1970: 0)),
            retained: retained)
    }

    @Test mutating func aNewSessionIsAControllerThatHasCome() {
        let (first, second) = (SessionID.random(), SessionID.random())
        #expect(!comes(.online, first, retained: true), "it was there before")
        #expect(!comes(.online, first))
        #expect(comes(.online, second))
        #expect(!comes(.online, second))
    }

    @Test mutating func oneThatWasAwayHasComeEvenWithItsOldSession() {
        let session = SessionID.random()
        #expect(!comes(.lost, session, retained: true))
        #expect(comes(.online, session))
        #expect(!comes(.lost, session))
        #expect(comes(.online, session))
        #expect(!comes(.offline, session))
    }
}

import FleetModel
import FoundationEssentials
import Testing

@testable import FleetAgent

@Suite struct PresenceStateTests {
    private let session = SessionID.random()
    private var state: PresenceState {
        PresenceState(
            agentVersion: "1", bootID: "boot", session: session, startedAt: Date(timeIntervalSince1970: 5))
    }
    private let position = StreamPosition(store: .random(), epoch: .random(), seq: 4)

    @Test func aNewSessionIsDueAtOnceAndThenHasNothingToSay() {
        var state = state
        #expect(state.due(at: .seconds(100)) == .zero)
        state.markPublished(state.facts, at: .seconds(100))
        #expect(state.due(at: .seconds(5000)) == nil)
        state.begin(.random())
        #expect(state.due(at: .seconds(5000)) == .zero)
    }

    @Test func changesAreGatheredAndPositionsWaitLonger() {
        var state = state
        state.markPublished(state.facts, at: .seconds(100))
        state.update { $0.acked = position }
        #expect(state.due(at: .seconds(130)) == .seconds(30))
        state.update { $0.recorded = RecordPosition(epoch: .random(), seq: 9) }
        #expect(state.due(at: .seconds(130)) == .seconds(30))
        state.update { $0.jobsRevision = 7 }
        #expect(state.due(at: .milliseconds(100_400)) == .milliseconds(600))
        #expect(state.due(at: .seconds(130)) == .zero)
    }

    @Test func whatChangesDuringPublishingIsStillToBeSaid() {
        var state = state
        let sent = state.facts
        state.update { $0.jobsRevision = 7 }
        state.markPublished(sent, at: .seconds(1))
        #expect(state.due(at: .seconds(9)) == .zero)
    }

    @Test func onlyALiveForeignSessionIsATwin() {
        var state = state
        func presence(_ session: SessionID, _ word: Presence.State) -> Presence {
            Presence(
                state: word, session: session, agentVersion: "1", bootID: "x", time: Date(timeIntervalSince1970: 10))
        }
        #expect(state.observe(presence(session, .online), retained: false) == .nothing)
        let foreign = SessionID.random()
        #expect(state.observe(presence(foreign, .online), retained: false) == .twin(foreign))
        #expect(state.observe(presence(foreign, .online), retained: true) == .nothing, "our last run's birth")
        #expect(state.observe(presence(foreign, .lost), retained: false) == .overwritten, "our last run's will")
        state.begin(.random())
        #expect(state.observe(presence(session, .online), retained: false) == .overwritten, "our last connection")
    }

    @Test func whatTheBrokerKeptForALifeThatWasKilledIsNoTwin() {
        let state = state
        var former = state.message(.online, at: Date(timeIntervalSince1970: 4))
        former.session = .random()
        #expect(state.observe(former, retained: false) == .overwritten)
        former.time = Date(timeIntervalSince1970: 5)
        #expect(state.observe(former, retained: false) == .twin(former.session))
    }

    @Test func theMessageCarriesTheFacts() {
        var state = state
        let vms = [VMID.random(), VMID.random()]
        state.update {
            $0.acked = position
            $0.vms = Set(vms)
        }
        let message = state.message(.lost, at: Date(timeIntervalSince1970: 5))
        #expect(message.session == session && message.state == .lost && message.acked == position)
        #expect(message.vms == vms.sorted() && message.bootID == "boot")
    }
}

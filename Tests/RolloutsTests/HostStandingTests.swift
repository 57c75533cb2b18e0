import FleetModel
import FoundationEssentials
import Rollouts
import Testing

@Suite struct HostStandingTests {
    private static let now = Date(timeIntervalSince1970: 1_790_000_000)

    private func standing(
        _ states: [JobState], cancel: Bool = false, expiresIn: Double = 3600, awayFor: Double? = nil
    ) -> HostStanding {
        HostStanding(
            of: states.map {
                HostStanding.AskedJob(state: $0, expiresAt: Self.now + expiresIn, cancelRequested: cancel)
            }, awaySince: awayFor.map { Self.now - $0 }, now: Self.now)
    }

    @Test(arguments: [
        ([JobState.planned], RolloutHostState.offered), ([.offered], .offered), ([.waiting], .offered),
        ([.staging], .offered), ([.withdrawing], .offered), ([.applying], .applying), ([.verifying], .applying),
        ([.rollingBack], .applying), ([.succeeded], .succeeded), ([.succeeded, .ready], .offered),
        ([.succeeded, .succeeded], .succeeded), ([.failed], .failed), ([.rejected], .failed), ([.rolledBack], .failed),
        ([.rollbackFailed], .failed), ([.failed, .applying], .applying), ([.failed, .succeeded], .failed),
        ([.cancelled], .skipped), ([.withdrawn], .pending), ([.expired], .pending), ([.succeeded, .expired], .pending),
        ([.lost], .lost), ([.lost, .applying], .lost),
    ])
    func followsFromTheJobs(states: [JobState], state: RolloutHostState) {
        #expect(standing(states).state == state)
    }

    @Test func whatSomebodyTookBackIsNotAskedAgain() {
        #expect(standing([.withdrawn], cancel: true).state == .skipped)
        #expect(standing([.withdrawn, .succeeded], cancel: false).state == .pending)
    }

    @Test func aHostThatGoesAwayKeepsItsPlaceForAWhile() {
        #expect(standing([.offered], awayFor: 60).state == .offered)
        #expect(standing([.offered], awayFor: 601).state == .away)
        #expect(standing([.applying], awayFor: 60).state == .applying)
        #expect(standing([.applying], awayFor: 601).state == .stray)
    }

    /// The clocks of hosts may be ten minutes behind ours: only after that nobody can begin any more.
    @Test func nobodyWaitsForWhatCannotBeginAnyMore() {
        #expect(standing([.expiring], expiresIn: -599, awayFor: 7200).state == .away)
        #expect(standing([.expiring], expiresIn: -600, awayFor: 7200).state == .stray)
        #expect(standing([.expiring], expiresIn: -599).state == .offered)
    }

    @Test func onlyWhatLapsedCountsAsMissed() {
        #expect(standing([.expired]).lapsed)
        #expect(!standing([.withdrawn]).lapsed)
        #expect(!standing([.expired, .failed]).lapsed)
    }
}

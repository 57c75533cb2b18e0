import FleetModel
import FoundationEssentials
@testable import Rollouts
import Testing

@Suite struct RolloutProgressTests {
    private static let now = Date(timeIntervalSince1970: 1_790_000_000)
    private static let deadline = now + 86_400
    private static let rules = RolloutRules(
        waves: [.count(1), .percent(10)], soakSeconds: 600, concurrency: 20, failureThreshold: .percent(10),
        patienceSeconds: 3600)

    private func tally(_ counts: [RolloutHostState: Int]) -> RolloutTally { RolloutTally(counts: counts) }

    private func take(
        _ progress: inout RolloutProgress, _ request: RolloutRequest, _ counts: [RolloutHostState: Int]
    ) -> Bool { progress.take(request, tally(counts)) }

    private func advance(
        _ progress: inout RolloutProgress, _ counts: [RolloutHostState: Int], _ rules: RolloutRules = rules,
        after seconds: Double = 0
    ) -> RolloutProgress.Orders {
        progress.advance(tally(counts), rules, deadline: Self.deadline, now: Self.now + seconds)
    }

    @Test func goesWaveByWaveWithASoakBetween() {
        var progress = RolloutProgress(approvalsMissing: false)
        #expect(advance(&progress, [.pending: 100]).offers == 1)
        #expect(advance(&progress, [.pending: 99, .offered: 1]).offers == 0)
        #expect(advance(&progress, [.pending: 99, .applying: 1]).offers == 0)
        #expect(advance(&progress, [.pending: 99, .succeeded: 1]).offers == 0)
        #expect(progress.state == .soaking)
        #expect(progress.soakUntil == Self.now + 600)
        #expect(advance(&progress, [.pending: 99, .succeeded: 1], after: 599).offers == 0)
        #expect(advance(&progress, [.pending: 99, .succeeded: 1], after: 600).offers == 10)
        #expect(progress.state == .running)
        #expect(progress.wave == 1)
        #expect(advance(&progress, [.pending: 89, .succeeded: 11], after: 700).offers == 0)
        // The last wave is bounded by the concurrency alone.
        #expect(advance(&progress, [.pending: 89, .succeeded: 11], after: 1300).offers == 20)
        #expect(advance(&progress, [.pending: 69, .succeeded: 16, .applying: 15], after: 1301).offers == 5)
        #expect(advance(&progress, [.succeeded: 100], after: 1400).offers == 0)
        #expect(progress.state == .finished)
    }

    /// One that is away holds its place among those at work, and holds no wave up; another comes in for it.
    @Test func hostsThatAreAwayHoldNobodyUp() {
        var progress = RolloutProgress(approvalsMissing: false)
        #expect(advance(&progress, [.pending: 99, .away: 1]).offers == 1)
        #expect(advance(&progress, [.pending: 99, .stray: 1]).offers == 1)
        #expect(advance(&progress, [.pending: 98, .stray: 1, .succeeded: 1]).offers == 0)
        #expect(progress.state == .soaking)
        var last = RolloutProgress(approvalsMissing: false)
        let rules = RolloutRules(
            waves: [], soakSeconds: 0, concurrency: 5, failureThreshold: .percent(10), patienceSeconds: 3600)
        #expect(advance(&last, [.pending: 90, .away: 3, .stray: 7], rules).offers == 2)
    }

    @Test func thresholdCountsOnlyHostsThatCameToAnEnd() {
        var progress = RolloutProgress(approvalsMissing: false)
        let rules = RolloutRules(
            waves: [], soakSeconds: 0, concurrency: 20, failureThreshold: .percent(10), patienceSeconds: 3600)
        #expect(advance(&progress, [.pending: 80, .offered: 10, .succeeded: 9, .failed: 1], rules).offers == 10)
        // 80 hosts that were not asked, and 10 that are at work, do not make two failures of twelve less.
        let orders = advance(&progress, [.pending: 80, .applying: 8, .succeeded: 10, .failed: 2], rules)
        #expect(orders.offers == 0)
        #expect(orders.withdraws)
        #expect(!orders.rollsBack)
        #expect(progress.state == .halted)
        #expect(progress.reason == "2 of 12 hosts that came to an end failed, more than the threshold of 10%")
    }

    @Test func aSilentHostCountsAsFailedForAsLongAsItIsSilent() {
        var progress = RolloutProgress(approvalsMissing: false)
        let rules = RolloutRules(
            waves: [], soakSeconds: 0, concurrency: 20, failureThreshold: .count(0), patienceSeconds: 3600)
        _ = advance(&progress, [.pending: 80, .lost: 1, .succeeded: 10], rules)
        #expect(progress.state == .halted)
    }

    @Test func whoResumesAHaltedOneForgivesWhatHappened() {
        var progress = RolloutProgress(approvalsMissing: false)
        let rules = RolloutRules(
            waves: [], soakSeconds: 0, concurrency: 20, failureThreshold: .count(1), patienceSeconds: 3600)
        let halted: [RolloutHostState: Int] = [.pending: 80, .failed: 2, .succeeded: 10]
        _ = advance(&progress, halted, rules)
        #expect(progress.state == .halted)
        #expect(take(&progress, .resume, halted))
        #expect(advance(&progress, halted, rules).offers == 20)
        #expect(advance(&progress, [.pending: 80, .failed: 3, .succeeded: 10], rules).offers == 20)
        _ = advance(&progress, [.pending: 80, .failed: 4, .succeeded: 10], rules)
        #expect(progress.state == .halted)
    }

    /// Those that get another turn are not forgiven a second time.
    @Test func retriedHostsAreCountedAnew() {
        var progress = RolloutProgress(approvalsMissing: false)
        let rules = RolloutRules(
            waves: [], soakSeconds: 0, concurrency: 20, failureThreshold: .count(0), patienceSeconds: 3600)
        _ = advance(&progress, [.pending: 80, .failed: 1], rules)
        #expect(take(&progress, .resume, [.pending: 80, .failed: 1]))
        #expect(take(&progress, .retry, [.pending: 81]))
        #expect(advance(&progress, [.pending: 81], rules).offers == 20)
        _ = advance(&progress, [.pending: 80, .failed: 1], rules)
        #expect(progress.state == .halted)
    }

    /// Who mends what was wrong lets those that failed have another turn before the others go on.
    @Test func aHaltedOneIsRetriedAndThenResumed() {
        var progress = RolloutProgress(approvalsMissing: false)
        let rules = RolloutRules(
            waves: [], soakSeconds: 0, concurrency: 20, failureThreshold: .count(0), patienceSeconds: 3600)
        _ = advance(&progress, [.pending: 80, .failed: 1], rules)
        #expect(take(&progress, .retry, [.pending: 81]))
        #expect(progress.state == .halted && progress.reason != nil)
        #expect(advance(&progress, [.pending: 81], rules).offers == 0)
        #expect(take(&progress, .resume, [.pending: 81]))
        #expect(progress.state == .running && progress.reason == nil)
        #expect(advance(&progress, [.pending: 81], rules).offers == 20)
        _ = advance(&progress, [.pending: 80, .failed: 1], rules)
        #expect(progress.state == .halted)
    }

    @Test func waitsForApproval() {
        var progress = RolloutProgress(approvalsMissing: true)
        #expect(advance(&progress, [.pending: 10]) == .init())
        #expect(!take(&progress, .resume, [.pending: 10]))
        #expect(take(&progress, .approve, [.pending: 10]))
        #expect(advance(&progress, [.pending: 10]).offers == 1)
    }

    @Test func pausesInTheMiddleOfASoakAndGoesOnWithIt() {
        var progress = RolloutProgress(approvalsMissing: false)
        let done: [RolloutHostState: Int] = [.pending: 99, .succeeded: 1]
        _ = advance(&progress, done)
        #expect(take(&progress, .pause, done))
        #expect(advance(&progress, done, after: 3600).withdraws)
        #expect(progress.state == .paused)
        #expect(take(&progress, .resume, done))
        #expect(progress.state == .soaking)
        #expect(advance(&progress, done, after: 3600).offers == 10)
    }

    @Test(arguments: [true, false]) func abortTakesBackWhatHasNotBegun(rollsBack: Bool) {
        var rules = Self.rules
        rules.rollsBackOnAbort = rollsBack
        var progress = RolloutProgress(approvalsMissing: false)
        _ = advance(&progress, [.pending: 99, .applying: 1], rules)
        #expect(take(&progress, .abort, [.pending: 99, .applying: 1]))
        let orders = advance(&progress, [.pending: 99, .applying: 1], rules)
        #expect(orders.withdraws)
        #expect(orders.rollsBack == rollsBack)
        #expect(orders.closes == .skipped)
        #expect(progress.state == .aborting)
        _ = advance(&progress, [.skipped: 99, .succeeded: 1], rules)
        #expect(progress.state == .aborted)
        #expect(!take(&progress, .resume, [:]))
        #expect(!take(&progress, .retry, [:]))
    }

    @Test func theDeadlineEndsIt() {
        var progress = RolloutProgress(approvalsMissing: false)
        let orders = advance(&progress, [.pending: 50, .away: 1, .succeeded: 3], after: 86_400)
        #expect(orders.withdraws)
        #expect(orders.closes == .missed)
        #expect(progress.state == .running)
        _ = advance(&progress, [.missed: 50, .stray: 1, .succeeded: 3], after: 86_400)
        #expect(progress.state == .finished)
        // One that comes back later and has not begun is missed as well.
        #expect(advance(&progress, [.missed: 50, .pending: 1, .succeeded: 3], after: 90_000).closes == .missed)
        #expect(take(&progress, .retry, [.pending: 51, .succeeded: 3]))
        #expect(progress.state == .running)
    }

    @Test(arguments: [
        ("5", Share.count(5)), ("0", .count(0)), ("10%", .percent(10)), ("100%", .percent(100)), ("101%", nil),
        ("-1", nil), ("%", nil), ("", nil), ("1.5", nil), ("1000000000000", nil),
    ])
    func sharesAreCountsOrPercentages(text: String, share: Share?) {
        #expect(Share(text) == share)
        if let share { #expect(Share(share.description) == share) }
    }

    @Test func aPercentageIsOneHostAtLeast() {
        #expect(Share.percent(10).count(of: 5) == 1)
        #expect(Share.percent(10).count(of: 100) == 10)
        #expect(Share.percent(0).count(of: 100) == 0)
    }
}

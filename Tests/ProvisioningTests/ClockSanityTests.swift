import FoundationEssentials
@testable import Provisioning
import Testing

@Suite struct ClockSanityTests {
    private let date = Date(timeIntervalSince1970: 1_790_000_000)

    @Test func aClockBeforeWhatWasSignedOrWrittenIsInsaneEvenWhenSynchronised() {
        #expect(!judge(ClockSanity(newestIssuedAt: date), at: -1, synchronised: true))
        #expect(judge(ClockSanity(newestIssuedAt: date), at: 0, synchronised: true))
        #expect(!judge(ClockSanity(newestIssuedAt: date - 9, newestJournalTime: date), at: -1, synchronised: true))
    }

    @Test func withoutSynchronisationTheControllersTimeIsCarriedForwardByTheTimeSinceBoot() {
        let stamp = ClockSanity.Stamp(date: date, uptime: .seconds(1000))
        let clock = ClockSanity(newestIssuedAt: date, stamp: stamp)
        // A day later, suspended time included.
        #expect(judge(clock, at: 86400, uptime: .seconds(87400)))
        #expect(judge(clock, at: 86400 + 599, uptime: .seconds(87400)))
        #expect(!judge(clock, at: 86400 + 601, uptime: .seconds(87400)))
        #expect(!judge(clock, at: 86400 - 601, uptime: .seconds(87400)))
        #expect(judge(clock, at: 2 * 86400, uptime: .seconds(87400), synchronised: true))
    }

    @Test func withNeitherNothingIsBelieved() {
        #expect(!judge(ClockSanity(), at: 0))
        #expect(judge(ClockSanity(), at: 0, synchronised: true))
    }

    private func judge(
        _ clock: ClockSanity, at offset: Double, uptime: Duration = .zero, synchronised: Bool = false
    ) -> Bool {
        clock.judge(now: date + offset, uptime: uptime, synchronised: synchronised) == .sane
    }
}

import FleetRuntime
import FleetTestSupport
import Testing

@testable import ImageStore

/// A rate is kept, whatever requests bring, with a clock that the test moves.
@Suite struct RateLimitTests {
    /// Bytes that come within so many seconds, by as many requests at a time as there may be.
    private func bytes(
        _ limit: RateLimit, _ time: ManualTimeSource, seconds: Double, streams: Int = 32, size: (Int) -> Int
    ) -> Int {
        var (underWay, total, number): ([(end: Double, reserved: Double)], Int, Int) = ([], 0, 0)
        for tick in 0..<Int(seconds * 100) {
            let now = Double(tick) / 100
            while let first = underWay.first, first.end <= now {
                let brought = size(number)
                limit.settle(first.reserved, brought: brought)
                (total, number) = (total + brought, number + 1)
                underWay.removeFirst()
            }
            while underWay.count < streams, case .now(let reserved) = limit.next() {
                underWay.append((now + 0.03, reserved))
            }
            time.advance(by: .milliseconds(10))
        }
        return total
    }

    @Test(arguments: [200_000, 1 << 20, 50 << 20] as [UInt64])
    func whatComesIsWithinFivePercentOfTheRate(rate: UInt64) {
        let time = ManualTimeSource()
        let limit = RateLimit(bytesPerSecond: rate, time: time)
        let come = bytes(limit, time, seconds: 60, streams: 200) { 20_000 + $0 * 7919 % 45_000 }
        #expect(abs(Double(come) / Double(rate) / 60 - 1) < 0.05, "\(come)")
    }

    @Test func aRequestThatBringsNothingCostsNothing() {
        let time = ManualTimeSource()
        let limit = RateLimit(bytesPerSecond: 1 << 20, time: time)
        let come = bytes(limit, time, seconds: 60) { $0 % 2 == 0 ? 0 : 65_536 }
        #expect(abs(Double(come) / 60 / Double(1 << 20) - 1) < 0.05, "\(come)")
    }

    @Test func aSilenceIsNotMadeUpFor() {
        let time = ManualTimeSource()
        let limit = RateLimit(bytesPerSecond: 1 << 20, time: time)
        time.advance(by: .seconds(3600))
        let come = bytes(limit, time, seconds: 1) { _ in 65_536 }
        #expect(come <= (1 << 20) * 5 / 4 + 2 * 65_536, "a second's, and a quarter of one")
    }
}

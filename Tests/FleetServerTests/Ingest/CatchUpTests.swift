import FleetRuntime
import Testing

@testable import FleetServer

struct CatchUpTests {
    private func cycle(_ catchUp: inout CatchUp, dropped: UInt64, at now: Duration) -> [String] {
        var filters: [String] = []
        while let filter = catchUp.next(dropped: dropped, now: now) { filters.append(filter) }
        return filters
    }

    @Test func eachLossIsAnsweredWithOneCycle() {
        var catchUp = CatchUp(filters: ["a", "b"])
        #expect(cycle(&catchUp, dropped: 0, at: .zero).isEmpty)
        #expect(cycle(&catchUp, dropped: 5, at: .seconds(1)) == ["a", "b"])
        #expect(cycle(&catchUp, dropped: 5, at: .seconds(100)).isEmpty)
        #expect(cycle(&catchUp, dropped: 6, at: .seconds(200)) == ["a", "b"])
    }

    @Test func aLossThatGoesOnIsAnsweredEverMoreRarely() {
        var catchUp = CatchUp(filters: ["a"])
        var dropped: UInt64 = 0
        var answers: [Int] = []
        for second in 0..<3600 {
            dropped += 1
            if !cycle(&catchUp, dropped: dropped, at: .seconds(second)).isEmpty { answers.append(second) }
        }
        let pauses = zip(answers.dropFirst(), answers).map { $0 - $1 }
        #expect(pauses == pauses.sorted() && pauses.last == 600)
        #expect(pauses.first == 20)
    }
}

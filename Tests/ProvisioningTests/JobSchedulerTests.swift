import FleetModel
import FoundationEssentials
@testable import Provisioning
import Testing

@Suite struct JobSchedulerTests {
    private let scheduler = JobScheduler(concurrency: 2, maximumPerHour: 5)
    private let now = Date(timeIntervalSince1970: 1_790_000_000)

    @Test func aNewJobIsPreparedThenWorks() {
        #expect(decide([job(1)]) == [.prepare(id(1))])
        #expect(decide([job(1) { $0.activity = .preparing }]) == [])
        #expect(decide([job(1) { $0.prepared = true }]) == [.work(id(1))])
        #expect(decide([job(1) { $0.activity = .working }]) == [])
    }

    @Test func onlySoManyWorkAtATime() {
        let jobs = (1...4).map { job($0) { $0.prepared = true } }
        #expect(decide(jobs) == [.work(id(1)), .work(id(2))])
        let busy = [job(1) { $0.activity = .working }] + jobs.dropFirst()
        #expect(decide(busy) == [.work(id(2))])
    }

    @Test func ofTwoJobsOnOneVMTheOlderGoesFirst() {
        let both = [job(1) { $0.locks = ["vm"] }, job(2) { $0.locks = ["vm"] }]
        #expect(decide(both) == [.prepare(id(1))])
        let waiting = [
            job(1) {
                $0.locks = ["vm"]
                $0.prepared = true
                $0.notBefore = now + 10
            }, job(2) { $0.locks = ["vm"] },
        ]
        #expect(reasons(decide(waiting)) == ["window"])
        #expect(decide(waiting).last == .prepare(id(2)))
    }

    @Test func whoeverHasBegunIsNotDisturbedByAJobThatWaitedBeforeIt() {
        func due(_ change: (inout JobScheduler.Candidate) -> Void) -> [JobScheduler.Candidate] {
            let opened = job(1) {
                ($0.locks, $0.prepared) = (["vm"], true)
                $0.notBefore = now
            }
            return [
                opened,
                job(2) {
                    $0.locks = ["vm"]; change(&$0)
                },
            ]
        }
        #expect(decide(due { ($0.isStarted, $0.activity) = (true, .working) }) == [])
        #expect(decide(due { $0.activity = .working }) == [])
        #expect(decide(due { $0.isStarted = true }) == [.work(id(2))])
        #expect(decide(due { $0.prepared = true }) == [.work(id(1))])
    }

    @Test func whatIsBegunIsEndedWhateverTheClockSays() {
        let begun = job(1) {
            $0.isStarted = true
            $0.wanted = false
            $0.expiresAt = now - 1
        }
        #expect(decide([begun]) == [.work(id(1))])
        #expect(decide([begun], clock: .insane) == [.work(id(1))])
        let full = [job(2) { $0.activity = .working }, job(3) { $0.activity = .working }]
        #expect(decide([begun] + full) == [.work(id(1))])
    }

    @Test func theEndsOfWhatHasNotStarted() {
        #expect(decide([job(1) { $0.cancel = true }]) == [.finish(id(1), .cancelled)])
        #expect(decide([job(1) { $0.wanted = false }]) == [.finish(id(1), .withdrawn)])
        #expect(decide([job(1) { $0.expiresAt = now }]) == [.finish(id(1), .expired)])
        let preparing = job(1) {
            $0.cancel = true
            $0.activity = .preparing
        }
        #expect(decide([preparing]) == [.interrupt(id(1))])
    }

    @Test func withoutASaneClockNothingStartsAndNothingExpires() {
        let ready = job(1) {
            $0.prepared = true
            $0.expiresAt = now - 1
        }
        #expect(reasons(decide([ready], clock: .insane)) == ["clock"])
        #expect(decide([job(1)], clock: .insane) == [.prepare(id(1))])
    }

    @Test func aJobStartsInItsWindowsAlone() {
        func windowed(_ starts: Double..., notBefore: Double? = nil) -> JobScheduler.Candidate {
            job(1) {
                $0.prepared = true
                $0.windows = starts.map { Occurrence(start: now + $0, end: now + $0 + 100) }
                $0.notBefore = notBefore.map { now + $0 }
            }
        }
        func message(_ candidate: JobScheduler.Candidate) -> String? {
            guard case .wait(_, let wait)? = decide([candidate]).first else { return nil }
            return wait.message
        }
        #expect(decide([windowed(-200, 0)]) == [.work(id(1))])
        #expect(decide([windowed(-99)]) == [.work(id(1))])
        #expect(message(windowed(-200, 60, 300)) == "it may start at \(FleetJSON.text(now + 60))")
        #expect(message(windowed(0, 200, notBefore: 50)) == "it may start at \(FleetJSON.text(now + 50))")
        #expect(message(windowed(0, 200, notBefore: 150)) == "it may start at \(FleetJSON.text(now + 200))")
        #expect(scheduler.nextChange([windowed(-200, 60)], clock: .sane(now), uptime: .zero) == .seconds(60))
        #expect(scheduler.nextChange([windowed(-10)], clock: .sane(now), uptime: .zero) == .seconds(90))
        // The image is brought before.
        var fresh = windowed(60)
        fresh.prepared = false
        #expect(decide([fresh]) == [.prepare(id(1))])
    }

    @Test func withoutAWindowLeftAJobEnds() {
        let late = job(1) { $0.windows = [Occurrence(start: now - 100, end: now)] }
        guard case .finish(id(1), .expired, let remark) = decide([late]).first else {
            Issue.record("it goes on")
            return
        }
        #expect(remark?.reason == "window")
        #expect(
            reasons(decide([job(1) { ($0.windows, $0.prepared) = (late.windows, true) }], clock: .insane)) == ["clock"])
        let begun = job(1) { ($0.windows, $0.isStarted) = (late.windows, true) }
        #expect(decide([begun]) == [.work(id(1))])
    }

    @Test func whatTheHostDoesNotMeetIsWaitedForInTheWindow() {
        let wait = JobScheduler.Wait(reason: "power", message: "battery")
        let blocked = job(1) { ($0.prepared, $0.obstacle) = (true, wait) }
        #expect(decide([blocked]) == [.wait(id(1), wait)])
        let later = job(1) {
            ($0.prepared, $0.obstacle, $0.notBefore) = (true, wait, now + 10)
        }
        #expect(reasons(decide([later])) == ["window"])
        #expect(decide([job(1) { ($0.isStarted, $0.obstacle) = (true, wait) }]) == [.work(id(1))])
    }

    @Test func onlySoManyBeginWithinAnHour() {
        let jobs = (1...3).map { job($0) { $0.prepared = true } }
        #expect(decide(jobs, begun: 4).first == .work(id(1)))
        #expect(reasons(decide(jobs, begun: 4)) == ["rate", "rate"])
        #expect(reasons(decide(jobs, begun: 99)) == ["rate", "rate", "rate"])
        #expect(decide([job(1) { $0.isStarted = true }], begun: 99) == [.work(id(1))])
        #expect(decide([job(1)], begun: 99) == [.prepare(id(1))])
    }

    @Test func anotherAttemptHasItsTime() {
        let later = job(1) { $0.retryAt = .seconds(110) }
        #expect(decide([later]) == [])
        #expect(scheduler.nextChange([later], clock: .sane(now), uptime: .seconds(100)) == .seconds(10))
        #expect(scheduler.decide([later], clock: .sane(now), uptime: .seconds(110), begun: 0) == [.prepare(id(1))])
    }

    /// Whatever the jobs are like: at most one per lock and two at all, one of which is at work already, begin or go on, and nobody is told two things.
    @Test(arguments: 0..<50) func invariantsHold(seed: UInt64) {
        var random = Seeded(state: seed)
        let busy = Int.random(in: 1...20, using: &random)
        let jobs = (1...20).map { number in
            job(number) {
                $0.locks = ["vm \(Int.random(in: 0..<5, using: &random))"]
                $0.prepared = .random(using: &random)
                $0.activity = number == busy ? .working : .none
                $0.wanted = Int.random(in: 0..<4, using: &random) > 0
                $0.cancel = Int.random(in: 0..<6, using: &random) == 0
                $0.windows =
                    Bool.random(using: &random)
                    ? [Occurrence(start: now + Double.random(in: -9...9, using: &random), end: now + 10)] : []
                $0.notBefore = Bool.random(using: &random) ? now + Double.random(in: -9...9, using: &random) : nil
            }
        }
        let actions = decide(jobs)
        let working = actions.compactMap { if case .work(let id) = $0 { id } else { nil } }
        #expect(working.count <= 1, "seed \(seed)")
        for job in jobs where working.contains(job.id) {
            #expect(job.notBefore.map { $0 <= now } != false, "seed \(seed)")
            #expect(job.windows.isEmpty || job.windows.contains { $0.contains(now) }, "seed \(seed)")
        }
        let locks = jobs.filter { working.contains($0.id) || $0.activity == .working }.flatMap(\.locks)
        #expect(Set(locks).count == locks.count, "seed \(seed)")
        let named = actions.map { action in
            switch action {
            case .prepare(let id), .work(let id), .interrupt(let id), .finish(let id, _, _), .wait(let id, _),
                .tell(let id, _, _):
                id
            }
        }
        #expect(Set(named).count == named.count, "seed \(seed)")
    }

    private func decide(
        _ jobs: [JobScheduler.Candidate], clock: JobScheduler.Clock? = nil, begun: Int = 0
    ) -> [JobScheduler.Action] {
        scheduler.decide(jobs, clock: clock ?? .sane(now), uptime: .seconds(100), begun: begun)
    }

    private func reasons(_ actions: [JobScheduler.Action]) -> [String] {
        actions.compactMap { if case .wait(_, let wait) = $0 { wait.reason } else { nil } }
    }

    @Test func whoHasMissedSoManyWindowsWaitsForNoneAnyMore() {
        func missed(_ count: Int, of windows: Double..., notBefore: Double? = nil) -> JobScheduler.Candidate {
            job(1) {
                $0.prepared = true
                $0.windows = windows.map { Occurrence(start: now + $0, end: now + $0 + 100) }
                $0.forceAfter = count
                $0.notBefore = notBefore.map { now + $0 }
            }
        }
        #expect(decide([missed(1, of: -100, 200)]) == [.work(id(1))])
        #expect(decide([missed(2, of: -300, -100)]) == [.work(id(1))], "also after the last")
        #expect(reasons(decide([missed(2, of: -100, 200)])) == ["window"])
        #expect(reasons(decide([missed(2, of: -300, -100, 200, notBefore: -150)])) == ["window"], "it could not then")
        #expect(reasons(decide([missed(1, of: -100, 200, notBefore: 10)])) == ["window"])
        #expect(decide([missed(1, of: -100, 200)], clock: .insane).count == 1)
        guard case .finish(id(1), .expired, _)? = decide([missed(3, of: -300, -100)]).first else {
            Issue.record("it goes on")
            return
        }
        let blocked = JobScheduler.Wait(reason: "power", message: "battery")
        var onBattery = missed(1, of: -100)
        onBattery.obstacle = blocked
        #expect(decide([onBattery]) == [.wait(id(1), blocked)])
    }

    private func id(_ number: Int) -> JobID { World.jobID(number) }

    private func job(
        _ number: Int, _ change: (inout JobScheduler.Candidate) -> Void = { _ in }
    ) -> JobScheduler.Candidate {
        var candidate = JobScheduler.Candidate(
            id: id(number), isStarted: false, wanted: true, cancel: false, notBefore: nil, expiresAt: now + 3600,
            locks: ["vm of job \(number)"], prepared: false, activity: .none, retryAt: nil)
        change(&candidate)
        return candidate
    }
}

/// SplitMix64.
private struct Seeded: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

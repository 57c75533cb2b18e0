import FleetModel
import FleetRuntime
import FoundationEssentials
@testable import Provisioning
import Testing

/// What the scheduler tells the person at the host, and what that person may put off. Pure.
@Suite struct SchedulerNoticeTests {
    private let scheduler = JobScheduler(concurrency: 2, maximumPerHour: 100)
    private let start = Date(timeIntervalSince1970: 1_790_000_000)
    private static let id = World.jobID(1)

    /// A host whose clock a test moves, with one job.
    private final class Desk {
        let scheduler: JobScheduler
        var job: JobScheduler.Candidate
        var now: Date
        var uptime = Duration.seconds(1000)

        init(_ scheduler: JobScheduler, _ job: JobScheduler.Candidate, _ now: Date) {
            (self.scheduler, self.job, self.now) = (scheduler, job, now)
        }

        func pass(_ seconds: Double) {
            now += seconds
            uptime += .seconds(seconds)
        }

        /// Does what the scheduler says, as the runner does.
        func look() -> JobScheduler.Action? {
            let action = scheduler.decide([job], clock: .sane(now), uptime: uptime, begun: 0).first
            if case .tell(_, let told, _)? = action { job.told = told }
            return action
        }

        /// - Returns: whether it was put off.
        func putOff(_ seconds: Double) -> Bool {
            guard case .until(let told, _) = scheduler.putOff(job, by: seconds, at: now, uptime: uptime) else {
                return false
            }
            job.told = told
            return true
        }

        func message() -> String? {
            switch look() {
            case .wait(_, let wait)?, .tell(_, _, let wait)?: wait.message
            default: nil
            }
        }

        func begins() -> Bool { look() == .work(job.id) }
    }

    private func desk(
        seconds: Int = 900, deferrals: Int = 2, _ windows: (Double, Double)..., expiresIn: Double = 86_400,
        forceAfter: Int? = nil
    ) -> Desk {
        var job = JobScheduler.Candidate(
            id: Self.id, isStarted: false, wanted: true, cancel: false, expiresAt: start + expiresIn, locks: ["vm"],
            prepared: true, activity: .none)
        job.notice = JobNotice(seconds: seconds, deferrals: deferrals)
        job.windows = windows.map { Occurrence(start: start + $0, end: start + $1) }
        job.forceAfter = forceAfter
        return Desk(scheduler, job, start)
    }

    private func text(_ seconds: Double) -> String { FleetJSON.text(start + seconds) }

    @Test func aJobBeginsAfterItsNotice() throws {
        let desk = self.desk()
        let told = try #require(desk.message())
        #expect(
            told == "it begins at \(text(900)); 'virtfleet-agent defer \(Self.id)' on the host puts it off, 2 times")
        desk.pass(899)
        #expect(desk.message() == told, "the same words")
        #expect(
            scheduler.nextChange([desk.job], clock: .sane(desk.now), uptime: desk.uptime) == .seconds(1))
        desk.pass(1)
        #expect(desk.begins())
    }

    @Test func itIsToldOnceItCouldStartOtherwise() {
        let waiting = desk((600, 7200))
        #expect(waiting.message() == "it may start at \(text(600))")
        #expect(waiting.job.told == nil)
        waiting.pass(600)
        #expect(waiting.message()?.hasPrefix("it begins at \(text(1500))") == true)
        let obstructed = desk()
        obstructed.job.obstacle = JobScheduler.Wait(reason: "power", message: "battery")
        #expect(obstructed.message() == "battery")
        #expect(obstructed.job.told == nil)
        // Whoever works on the VM hinders it as well; whoever may not begin yet hinders nobody.
        var other = obstructed.job
        (other.id, other.activity, other.notice) = (World.jobID(2), .working, nil)
        let announced = desk().job
        func decide(_ jobs: [JobScheduler.Candidate]) -> [JobScheduler.Action] {
            scheduler.decide(jobs, clock: .sane(start), uptime: .zero, begun: 0)
        }
        #expect(decide([announced, other]) == [])
        (other.activity, other.obstacle) = (.none, nil)
        #expect(decide([announced, other]).contains(.work(World.jobID(2))))
    }

    @Test func theWordsSayHowOftenItMayStillBePutOff() {
        let desk = self.desk()
        _ = desk.look()
        #expect(desk.putOff(3600))
        #expect(
            desk.message()
                == "it was put off and begins at \(text(4500)); 'virtfleet-agent defer \(Self.id)' on the host puts it off, once more"
        )
        #expect(desk.putOff(60))
        #expect(
            desk.message() == "it was put off and begins at \(text(4560)); it cannot be put off any more")
        #expect(!desk.putOff(60))
        desk.pass(4559)
        #expect(!desk.begins())
        desk.pass(1)
        #expect(desk.begins())
        let firm = self.desk(deferrals: 0)
        #expect(firm.message() == "it begins at \(text(900)); it cannot be put off")
        #expect(!firm.putOff(60))
    }

    @Test func whatIsNotAnnouncedCannotBePutOff() {
        let desk = self.desk((600, 7200))
        #expect(!desk.putOff(60))
        desk.pass(600)
        #expect(!desk.putOff(60), "not told yet")
        _ = desk.look()
        #expect(desk.putOff(60))
    }

    @Test func aWindowThatClosesHasItToldAgainWithTheDeferralsThatAreLeft() {
        let desk = self.desk((0, 1000), (5000, 9000))
        _ = desk.look()
        #expect(desk.putOff(3600))
        #expect(desk.message()?.hasPrefix("it was put off and begins at \(text(5900));") == true, "in the next window")
        desk.pass(1001)
        #expect(desk.message() == "it may start at \(text(5000))")
        desk.pass(3999)
        guard case .tell(_, let told, let wait)? = desk.look() else {
            Issue.record("it is not told again")
            return
        }
        #expect(told.deferrals == 1 && told.beginsAt == start + 5900)
        #expect(
            wait.message.hasPrefix("it was put off and begins at \(text(5900));") && wait.message.hasSuffix("once more")
        )
        #expect(desk.putOff(3600))
        #expect(!desk.putOff(60))
        // Not beyond the last window, with time left to begin in.
        #expect(desk.message()?.hasPrefix("it was put off and begins at \(text(8700));") == true)
        desk.pass(3700)
        #expect(desk.begins())
    }

    @Test func aDeferralOutlivesTheWindowThatForcesTheJob() {
        let desk = self.desk((0, 1000), forceAfter: 1)
        _ = desk.look()
        #expect(desk.putOff(3600))
        desk.pass(1001)
        guard case .tell(_, let told, _)? = desk.look() else {
            Issue.record("it is not told again")
            return
        }
        #expect(told.beginsAt == start + 4500)
    }

    @Test func whoWasHeldUpTooLongIsToldAgain() {
        let desk = self.desk()
        _ = desk.look()
        // The host slept, or ran on its battery.
        desk.pass(1800)
        #expect(desk.begins(), "late by no more than the notice")
        desk.pass(1)
        #expect(desk.message()?.hasPrefix("it begins at \(text(2701))") == true)
    }

    @Test func aClockThatIsSetDoesNotShortenTheNotice() {
        let ahead = desk()
        _ = ahead.look()
        ahead.now += 1000
        #expect(!ahead.begins())
        ahead.pass(800)
        #expect(!ahead.begins())
        // After a boot there is nothing but the clock.
        ahead.job.told?.beginsUptime = nil
        #expect(ahead.begins())
        let behind = desk()
        _ = behind.look()
        behind.now -= 7200
        #expect(
            behind.message()?.hasPrefix("it begins at \(text(-7200 + 900));") == true, "told again, not in two hours")
        #expect(scheduler.decide([behind.job], clock: .insane, uptime: behind.uptime, begun: 0).count == 1)
    }

    /// Whatever the windows and the person at the host are like: nothing begins without its whole notice, before as many windows
    /// as it takes were missed, or outside of them; and a person who puts off all that may be put off does not keep a job
    /// from beginning that would have begun.
    @Test(arguments: 0..<200) func aPersonCanDelayAndNeverBlock(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let notice = Int.random(in: 60...4000, using: &random)
        let deferrals = Int.random(in: 0...10, using: &random)
        var edges = (0..<2 * Int.random(in: 0...5, using: &random)).map { _ in
            Double.random(in: 0...40_000, using: &random).rounded()
        }
        edges = Array(Set(edges)).sorted()
        let force = Bool.random(using: &random) ? Int.random(in: 1...4, using: &random) : nil
        func run(asksFor seconds: () -> Double?) -> Date? {
            let desk = desk(seconds: notice, deferrals: deferrals, expiresIn: 50_000, forceAfter: force)
            desk.job.windows = stride(from: 0, to: edges.count - 1, by: 2).map {
                Occurrence(start: start + edges[$0], end: start + edges[$0 + 1])
            }
            var told: (at: Date, begins: Date)?
            while desk.now < start + 50_000 {
                switch desk.look() {
                case .tell(_, let notice, _)?: told = (desk.now, notice.beginsAt)
                case .work?:
                    let missed = desk.job.windows.count { $0.end <= desk.now }
                    let isForced = force.map { missed >= $0 } ?? false
                    #expect(desk.job.windows.isEmpty || isForced || desk.job.windows.contains { $0.contains(desk.now) })
                    #expect(told.map { desk.now >= $0.at + Double(notice) && desk.now >= $0.begins } == true)
                    return desk.now
                case .finish?: return nil
                default: break
                }
                if let seconds = seconds(), desk.putOff(seconds) {
                    told?.begins = desk.job.told?.beginsAt ?? .distantFuture
                }
                desk.pass(15)
            }
            return nil
        }
        let undisturbed = run { nil }
        let disturbed = run { Double.random(in: 60...28_800, using: &random) }
        #expect((undisturbed == nil) == (disturbed == nil), "seed \(seed)")
        if let undisturbed, let disturbed { #expect(disturbed >= undisturbed) }
    }
}

import FleetModel
import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import Testing

@testable import Provisioning

/// Jobs that are announced to the person at the host, and put off.
@Suite struct NoticeTests {
    private static let anna = LocalUser(uid: 1000, name: "anna")

    private func announced(_ world: World, _ number: Int = 1, notice: String = "notice=900/2") throws -> Job {
        var job = try world.job(
            number, .vmClone,
            CloneArguments(
                name: ResourceName("office-\(number)")!, image: world.image, profile: World.profile, start: true),
            expiresIn: 86_400)
        job.requirements = [notice]
        return job
    }

    private func until(_ world: World, _ id: JobID, says words: String) async throws {
        #expect(
            try await eventually { world.last(of: id)?.message?.contains(words) == true },
            "\(world.last(of: id)?.message ?? "nothing")")
    }

    @Test func theDeferralIsOnRecordOutlivesTheAgentAndTheJobBegins() async throws {
        let time = ManualTimeSource()
        let world = try await World(time: time)
        var life = try await Life(world)
        let job = try announced(world)
        let start = time.now()
        try await life.receive(job)
        try await until(world, job.id, says: "it begins at \(FleetJSON.text(start + 900));")
        #expect(world.last(of: job.id)?.state == .waiting && world.last(of: job.id)?.reason == "user")
        let listed = try #require(try await life.runner.localJobs().first)
        #expect(listed.beginsAt == start + 900 && listed.deferralsLeft == 2)

        time.advance(by: .seconds(60))
        let deferred = try await life.runner.putOff(nil, by: 3600, Self.anna)
        #expect(deferred.beginsAt == start + 4500 && deferred.deferralsLeft == 1)
        try await until(world, job.id, says: "it was put off and begins at \(FleetJSON.text(start + 4500));")
        #expect(try await eventually { world.deferrals.withLock(\.count) == 1 })
        #expect(
            world.deferrals.withLock(\.first)
                == JobDeferral(job: job.id, kind: "vm.clone", by: Self.anna, until: start + 4500, left: 1))

        try await life.stop()
        time.advance(by: .seconds(900))
        life = try await Life(world, bootID: "another boot")
        #expect(try await eventually { world.states(of: job.id).suffix(2) == [.ready, .waiting] })
        #expect(
            world.last(of: job.id)?.message?.contains("it was put off and begins at \(FleetJSON.text(start + 4500));")
                == true)
        #expect(world.deferrals.withLock(\.count) == 1)
        time.advance(by: .seconds(3540))
        try await life.finish(job.id)
        #expect(world.last(of: job.id)?.state == .succeeded, "\(world.last(of: job.id)?.message ?? "")")
    }

    @Test func onlyWhatIsAnnouncedCanBePutOffAndOnlyAsOftenAsTheJobAllows() async throws {
        let time = ManualTimeSource()
        let world = try await World(time: time)
        let life = try await Life(world)
        func refusal(_ id: JobID?, _ seconds: Int = 60) async -> String {
            do {
                _ = try await life.runner.putOff(id, by: seconds, Self.anna)
                return ""
            } catch {
                return (error as? JobProblem)?.message ?? "\(error)"
            }
        }
        #expect(await refusal(nil).contains("no job is announced"))
        #expect(await refusal(World.jobID(1)).contains("there is no job"))
        for seconds in [59, 28_801] { #expect(await refusal(nil, seconds).contains("1 minute to 8 hours")) }
        let jobs = [try announced(world), try announced(world, 2, notice: "notice=900/0")]
        try await life.runner.receive(envelope: world.envelope(jobs))
        for job in jobs { try await until(world, job.id, says: "it begins at") }
        #expect(await refusal(nil).contains("2 jobs are announced, name one of them: \(jobs[0].id) (vm.clone), "))
        #expect(await refusal(jobs[1].id).contains("it cannot be put off; it begins at"))
        for _ in 1...2 { #expect(await refusal(jobs[0].id) == "") }
        #expect(await refusal(jobs[0].id).contains("any more"))
        time.advance(by: .seconds(900))
        try await life.finish(jobs[1].id)
        #expect(world.last(of: jobs[0].id)?.state == .waiting && world.deferrals.withLock(\.count) == 2)
    }

    @Test func ofTwoWhoPutItOffAtTheSameTimeOneDoes() async throws {
        let time = ManualTimeSource()
        let world = try await World(time: time)
        let life = try await Life(world)
        let job = try announced(world, notice: "notice=900/10")
        try await life.receive(job)
        try await until(world, job.id, says: "it begins at")
        let count = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<5 {
                group.addTask { (try? await life.runner.putOff(job.id, by: 60, Self.anna)) != nil }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(count >= 1)
        #expect(try await life.runner.localJobs().first?.deferralsLeft == 10 - count)
        #expect(try await eventually { world.deferrals.withLock(\.count) == count })
        try await life.stop()
    }

    @Test(arguments: [
        "notice=59/0", "notice=900", "notice=900/11", "notice=900/1/1", "force-after=0", "force-after=101",
    ])
    func termsThatCannotBeAreRejected(word: String) async throws {
        let world = try await World()
        let life = try await Life(world)
        var job = try world.clone()
        job.requirements = ["power", word]
        try await life.receive(job)
        try await life.finish(job.id)
        #expect(world.states(of: job.id) == [.rejected])
        #expect(world.last(of: job.id)?.reason == "unknown-requirement")
        #expect(world.last(of: job.id)?.message?.contains("'\(word)'") == true)
    }
}

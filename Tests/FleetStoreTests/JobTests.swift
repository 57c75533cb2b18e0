import FleetModel
import FleetStore
import FoundationEssentials
import Testing

struct JobTests {
    let fixture: StoreFixture
    var store: FleetStore { fixture.store }

    init() throws { fixture = try StoreFixture() }

    private func expect<Result>(
        _ matches: @escaping (StoreError) -> Bool, _ body: () async throws -> Result,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async {
        await #expect(sourceLocation: sourceLocation) {
            _ = try await body()
        } throws: {
            ($0 as? StoreError).map(matches) ?? false
        }
    }

    private func isConflict(_ error: StoreError) -> Bool { if case .conflict = error { true } else { false } }
    private func isInvalid(_ error: StoreError) -> Bool { if case .invalid = error { true } else { false } }

    @Test func aJobAskedForTwiceIsPlannedOnce() async throws {
        let host = try await fixture.host().id
        let first = try await fixture.job(1, host: host)
        #expect(try await fixture.job(1, host: host) == first)
        await expect(isConflict) { try await fixture.job(1, host: host, arguments: .string("other")) }
        #expect(try await store.jobs(after: nil, limit: 9).items == [first])
    }

    @Test func whatCannotBeDoneIsNotPlanned() async throws {
        let host = try await fixture.host().id
        await expect(isInvalid) { try await fixture.job(1, host: host, hours: 0) }
        let large = JSONValue.string(String(repeating: "x", count: FleetStore.maximumArgumentBytes))
        await expect(isInvalid) { try await fixture.job(1, host: host, arguments: large) }
        let nobody = HostID.random()
        await expect({ $0 == .notFound(kind: "host", name: nobody.description) }) {
            try await fixture.job(1, host: nobody)
        }
    }

    @Test func aPlannedJobIsWithdrawnAtOnce() async throws {
        let host = try await fixture.host().id
        let job = try await fixture.job(1, host: host)
        #expect(try await store.requestCancel(job.id, by: "x").state == .withdrawn)
        #expect(try await fixture.publish(host) == nil)
        await expect(isConflict) { try await store.requestCancel(job.id, by: "x") }
    }

    @Test func aPublishedJobIsCancelledByItsHost() async throws {
        let host = try await fixture.host().id
        let job = try await fixture.job(1, host: host)
        #expect(try await fixture.publish(host)?.jobs.map(\.cancel) == [false])
        #expect(try await store.job(job.id).state == .offered)
        let asked = try await store.requestCancel(job.id, by: "x")
        #expect(asked.state == .withdrawing && asked.cancelRequested)
        let set = try await fixture.publish(host)
        #expect(set?.revision == 2 && set?.jobs.map(\.cancel) == [true])
        let report = JobReport(job: job.id, kind: job.kind, state: .cancelled)
        _ = try await store.commit([try fixture.report(host, .random(), 1, report)])
        #expect(try await store.job(job.id).state == .cancelled)
        fixture.time.advance(by: FleetStore.jobSetLag)
        #expect(try await fixture.publish(host)?.jobs.isEmpty == true)
    }

    @Test func aStartedJobKeepsItsStateWhenItIsAskedToStop() async throws {
        let host = try await fixture.host().id
        let job = try await fixture.job(1, host: host)
        _ = try await fixture.publish(host)
        let step = JobReport.Step(index: 2, count: 5, name: "copy")
        let vm = VMID.random()
        let epoch = EpochID.random()
        _ = try await store.commit([
            try fixture.report(
                host, epoch, 1, JobReport(job: job.id, kind: job.kind, state: .applying, step: step, vm: vm)),
            fixture.arrival(host, .progress(JobProgress(job: job.id, activity: "copy", percent: 40))),
        ])
        let asked = try await store.requestCancel(job.id, by: "x")
        #expect(asked.state == .applying && asked.cancelRequested)
        #expect(asked.step == step && asked.vm == vm && asked.progress?.percent == 40)
        let done = JobReport(job: job.id, kind: job.kind, state: .succeeded)
        _ = try await store.commit([try fixture.report(host, epoch, 2, done)])
        let job2 = try await store.job(job.id)
        #expect(job2.state == .succeeded && job2.vm == vm && job2.progress == nil)
    }

    @Test func whatACommandDidIsKept() async throws {
        let host = try await fixture.host().id
        let job = try await fixture.job(1, host: host)
        _ = try await fixture.publish(host)
        let result = JobResult.command(
            GuestCommandResult(exitStatus: 1, output: "ä", errorOutput: "", isCut: true))
        let report = JobReport(
            job: job.id, kind: job.kind, state: .failed, reason: "exit-status", result: result)
        _ = try await store.commit([try fixture.report(host, .random(), 1, report)])
        #expect(try await store.job(job.id).result == result)
        #expect(try await store.jobs(after: nil, limit: 9).items.map(\.result) == [nil], "lists are short")
    }

    @Test func aReportDoesNotGoBackAndTouchesNoOtherHostsJob() async throws {
        let host = try await fixture.host("a").id
        let other = try await fixture.host("b").id
        let job = try await fixture.job(1, host: host)
        _ = try await fixture.publish(host)
        let report = { JobReport(job: job.id, kind: job.kind, state: $0) }
        _ = try await store.commit([try fixture.report(other, .random(), 1, report(.failed))])
        #expect(try await store.job(job.id).state == .offered)
        let epoch = EpochID.random()
        _ = try await store.commit([
            try fixture.report(host, epoch, 1, report(.succeeded)),
            try fixture.report(host, epoch, 2, report(.applying)),
        ])
        #expect(try await store.job(job.id).state == .succeeded)
        #expect(try await store.events(limit: 9).items.count == 3)
    }

    @Test func aJobNeverPublishedExpires() async throws {
        let host = try await fixture.host().id
        let job = try await fixture.job(1, host: host, hours: 1)
        fixture.time.advance(by: .seconds(3600))
        try await store.tickJobs()
        #expect(try await store.job(job.id).state == .expired)
    }

    @Test func aPublishedJobExpiresWhenTheHostHasTakenASetWithoutItAndSaidAll() async throws {
        let host = try await fixture.host().id
        let job = try await fixture.job(1, host: host, hours: 1)
        _ = try await fixture.publish(host)
        fixture.time.advance(by: .seconds(3600))
        try await store.tickJobs()
        #expect(try await store.job(job.id).state == .expiring)
        #expect(try await fixture.publish(host)?.jobs.isEmpty == true)

        // It has not taken the second set yet; then it has, but a record is still on its way.
        let epoch = EpochID.random()
        let newest = RecordPosition(epoch: epoch, seq: 1)
        for revision in [UInt64(1), 2] {
            let presence = fixture.presence(jobsRevision: revision, recorded: newest)
            _ = try await store.commit([fixture.arrival(host, .presence(presence))])
            #expect(try await store.job(job.id).state == .expiring)
        }
        _ = try await store.commit([try fixture.record(host, epoch, 1)])
        #expect(try await store.job(job.id).state == .expired)
    }

    @Test func aJobThatHadStartedBeforeItExpiredIsNotTakenForExpired() async throws {
        let host = try await fixture.host().id
        let job = try await fixture.job(1, host: host, hours: 1)
        _ = try await fixture.publish(host)
        fixture.time.advance(by: .seconds(3600))
        try await store.tickJobs()
        _ = try await fixture.publish(host)
        let epoch = EpochID.random()
        let presence = fixture.presence(jobsRevision: 2, recorded: RecordPosition(epoch: epoch, seq: 1))
        let report = JobReport(job: job.id, kind: job.kind, state: .applying)
        _ = try await store.commit([
            fixture.arrival(host, .presence(presence)), try fixture.report(host, epoch, 1, report),
        ])
        #expect(try await store.job(job.id).state == .applying)
        #expect(try await fixture.publish(host)?.jobs.map(\.id) == [job.id])
    }

    @Test func aJobOfWhichAnOnlineHostSaysNothingIsPresumedLostUntilItDoes() async throws {
        let host = try await fixture.host().id
        let epoch = EpochID.random()
        let job = try await fixture.job(1, host: host, hours: 1000)
        let waiting = try await fixture.job(2, host: host, hours: 1000)
        _ = try await fixture.publish(host)
        let report = { JobReport(job: job.id, kind: job.kind, state: $0) }
        _ = try await store.commit([
            fixture.arrival(host, .presence(fixture.presence())),
            try fixture.report(host, epoch, 1, report(.applying)),
            try fixture.report(
                host, epoch, 2, JobReport(job: waiting.id, kind: waiting.kind, state: .waiting, reason: "window")),
        ])
        /// Half a minute after the other.
        func pass(_ minutes: Int) async throws {
            for _ in 0..<2 * minutes {
                fixture.time.advance(by: .seconds(30))
                try await store.presumeSilentJobsLost()
            }
        }
        try await pass(119)
        // A laptop that sleeps for days is not silent.
        _ = try await store.commit([fixture.arrival(host, .presence(fixture.presence(.sleeping)))])
        try await pass(300)
        #expect(try await store.job(job.id).state == .applying)
        _ = try await store.commit([fixture.arrival(host, .presence(fixture.presence()))])
        try await pass(3)
        let lost = try await store.job(job.id)
        #expect(lost.state == .lost && lost.reason == "silent")
        #expect(lost.message?.contains("which was applying when it last did") == true)
        #expect(try await store.job(waiting.id).state == .waiting, "it may wait for ever")
        #expect(try await fixture.publish(host)?.jobs.map(\.id) == [job.id, waiting.id], "its set names it still")

        _ = try await store.commit([try fixture.report(host, epoch, 3, report(.verifying))])
        #expect(try await store.job(job.id).state == .verifying)
        #expect(try await store.job(job.id).reason == nil)
        // Any news, progress too, begins the count anew.
        for _ in 0..<3 {
            try await pass(100)
            let progress = JobProgress(job: job.id, activity: "copying", percent: .random(in: 0...100))
            _ = try await store.commit([fixture.arrival(host, .progress(progress))])
        }
        #expect(try await store.job(job.id).state == .verifying)
        try await pass(121)
        #expect(try await store.job(job.id).state == .lost)
        _ = try await store.commit([try fixture.report(host, epoch, 4, report(.succeeded))])
        #expect(try await store.job(job.id).state == .succeeded)
    }

    @Test func timeInWhichNobodyCouldLookCountsForNobody() async throws {
        let host = try await fixture.host().id
        let job = try await fixture.job(1, host: host, hours: 1000)
        _ = try await fixture.publish(host)
        _ = try await store.commit([fixture.arrival(host, .presence(fixture.presence()))])
        for _ in 0..<10 {
            fixture.time.advance(by: .seconds(3600))
            #expect(try await store.presumeSilentJobsLost() == [])
        }
        for _ in 0..<6 {
            fixture.time.advance(by: .seconds(120))
            #expect(try await store.presumeSilentJobsLost().count <= 1)
        }
        #expect(try await store.job(job.id).state == .lost)
    }

    @Test func jobsHaveTheirTurnsInTheOrderThatSomebodyGaveThem() async throws {
        let host = try await fixture.host().id
        var ids: [JobID] = []
        for number in 1...4 { ids.append(try await fixture.job(number, host: host).id) }
        func turns() async throws -> [Int] {
            try await store.queue(of: host.description).items.compactMap { ids.firstIndex(of: $0.id).map { $0 + 1 } }
        }
        #expect(try await turns() == [1, 2, 3, 4])
        #expect(try await fixture.publish(host)?.jobs.map(\.rank) == [nil, nil, nil, nil])
        #expect(try await store.moveJob(ids[2], before: ids[0], by: "ada").rank == 0)
        #expect(try await turns() == [3, 1, 2, 4])
        let set = try await fixture.publish(host)
        #expect(set?.jobs.first { $0.id == ids[2] }?.rank == 0)
        #expect(set?.jobs.first { $0.id == ids[3] }?.rank == 3)
        _ = try await store.moveJob(ids[2], before: nil, by: "ada")
        _ = try await store.moveJob(ids[0], before: ids[3], by: "ada")
        #expect(try await turns() == [2, 1, 4, 3])
        // One that is asked for later comes last.
        ids.append(try await fixture.job(5, host: host).id)
        #expect(try await turns() == [2, 1, 4, 3, 5])

        let other = try await fixture.job(6, host: fixture.host("elsewhere").id).id
        await expect(isInvalid) { try await store.moveJob(ids[0], before: other, by: "ada") }
        await expect(isInvalid) { try await store.moveJob(ids[0], before: ids[0], by: "ada") }
        _ = try await store.requestCancel(other, by: "ada")
        await expect(isConflict) { try await store.moveJob(other, before: nil, by: "ada") }
        await expect({ $0 == .notFound(kind: "job", name: JobID("01ARZ3NDEKTSV4RRFFQ69G5FAV")!.description) }) {
            try await store.moveJob(JobID("01ARZ3NDEKTSV4RRFFQ69G5FAV")!, before: nil, by: "ada")
        }
    }

    @Test func aPurgeTakesBackAllThatHasNotBegun() async throws {
        let host = try await fixture.host().id
        var ids: [JobID] = []
        for number in 1...2 { ids.append(try await fixture.job(number, host: host).id) }
        _ = try await fixture.publish(host)
        let begun = JobReport(job: ids[0], kind: "vm.start", state: .applying)
        _ = try await store.commit([try fixture.report(host, .random(), 1, begun)])
        ids.append(try await fixture.job(3, host: host).id)
        let purged = try await store.purgeQueue(of: host.description, by: "ada").items
        #expect(purged.map(\.id) == [ids[1], ids[2]])
        #expect(purged.map(\.state) == [.withdrawing, .withdrawn])
        #expect(try await store.job(ids[0]).state == .applying)
        #expect(try await fixture.publish(host)?.jobs.map(\.cancel) == [false, true])
        #expect(try await store.purgeQueue(of: host.description, by: "ada").items == [])
    }
}

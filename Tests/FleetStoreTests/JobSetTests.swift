import FleetModel
import FleetRuntime
import FleetStore
import FoundationEssentials
import Testing

struct JobSetTests {
    let fixture: StoreFixture
    var store: FleetStore { fixture.store }

    init() throws { fixture = try StoreFixture() }

    @Test func nothingIsPublishedTwiceOrWithoutNeed() async throws {
        let host = try await fixture.host().id
        #expect(try await fixture.publish(host) == nil)
        _ = try await fixture.job(1, host: host)
        #expect(await store.takeChangedJobSets() == [host])
        #expect(await store.takeChangedJobSets().isEmpty)
        #expect(try await fixture.publish(host)?.revision == 1)
        #expect(try await fixture.publish(host) == nil)
    }

    @Test func aSetThatCannotBeSignedFailsAlone() async throws {
        struct NoKey: Error {}
        let hosts = [try await fixture.host("bench-1").id, try await fixture.host("bench-2").id]
        for (number, host) in hosts.enumerated() { _ = try await fixture.job(number, host: host) }
        let batch = try await store.jobSetsToPublish(for: hosts, keys: []) { set in
            if set.host == hosts[0] { throw NoKey() }
            return [UInt8](try FleetJSON.encode(set))
        }
        #expect(batch.failures.keys.map(\.self) == [hosts[0]] && batch.failures[hosts[0]] is NoKey)
        #expect(batch.sets.map(\.host) == [hosts[1]])
        // Nothing of it has happened.
        #expect(try await fixture.publish(hosts[0])?.revision == 1)
    }

    /// Of what a host reports of a job, only its end changes the set.
    @Test func aJobUnderWayHasNoSetLookedAtAgain() async throws {
        let host = try await fixture.host().id
        let (job, epoch) = (try await fixture.job(1, host: host), EpochID.random())
        _ = try await fixture.publish(host)
        _ = await store.takeChangedJobSets()
        var seq: UInt64 = 0
        for state in [JobState.accepted, .waiting, .ready, .applying] {
            seq += 1
            let report = JobReport(job: job.id, kind: job.kind, state: state)
            _ = try await store.commit([fixture.report(host, epoch, seq, report)])
            #expect(await store.takeChangedJobSets() == [], "\(state)")
        }
        let end = JobReport(job: job.id, kind: job.kind, state: .succeeded)
        _ = try await store.commit([fixture.report(host, epoch, seq + 1, end)])
        #expect(await store.takeChangedJobSets() == [host])
    }

    @Test func aHostThatHasAnotherSetIsSentTheCurrentOneAgain() async throws {
        let host = try await fixture.host().id
        _ = try await fixture.job(1, host: host)
        let set = try await fixture.publish(host)
        _ = await store.takeChangedJobSets()
        _ = try await store.commit([fixture.arrival(host, .presence(fixture.presence(jobsRevision: 1)))])
        #expect(await store.takeChangedJobSets().isEmpty)
        _ = try await store.commit([fixture.arrival(host, .presence(fixture.presence(jobsRevision: 0)))])
        #expect(await store.takeChangedJobSets() == [host])
        #expect(try await fixture.publish(host) == set)
    }

    @Test func aSetIsSignedAgainWhileItsHostIsAway() async throws {
        let host = try await fixture.host().id
        _ = try await fixture.job(1, host: host, hours: 24 * 60)
        let first = try #require(try await fixture.publish(host))
        _ = await store.takeChangedJobSets()
        fixture.time.advance(by: FleetStore.jobSetLifetime / 2 - .seconds(1))
        try await store.tickJobs()
        #expect(await store.takeChangedJobSets().isEmpty)
        fixture.time.advance(by: .seconds(2))
        try await store.tickJobs()
        #expect(await store.takeChangedJobSets() == [host])
        let second = try #require(try await fixture.publish(host))
        #expect(second.revision == first.revision + 1)
        #expect(second.jobs == first.jobs)
        #expect(second.expiresAt > first.expiresAt)
    }

    @Test func aSetIsSignedAgainForAHostThatHasNoTime() async throws {
        let host = try await fixture.host().id
        _ = try await fixture.job(1, host: host)
        let first = try #require(try await fixture.publish(host))
        _ = await store.takeChangedJobSets()
        var presence = fixture.presence(jobsRevision: 1)
        presence.wantsTime = true
        _ = try await store.commit([fixture.arrival(host, .presence(presence))])
        #expect(await store.takeChangedJobSets() == [host])
        let second = try #require(try await fixture.publish(host))
        #expect(second.revision == first.revision + 1 && second.jobs == first.jobs)
        #expect(try await fixture.publish(host) == nil)
    }

    @Test func aSetFromTheFutureIsSignedAgain() async throws {
        let host = try await fixture.host().id
        _ = try await fixture.job(1, host: host, hours: 24 * 60)
        fixture.time.jump(by: .seconds(86400))
        let first = try #require(try await fixture.publish(host))
        _ = await store.takeChangedJobSets()
        try await store.tickJobs()
        #expect(await store.takeChangedJobSets().isEmpty)
        fixture.time.jump(by: .seconds(-86400))
        try await store.tickJobs()
        #expect(await store.takeChangedJobSets() == [host])
        let second = try #require(try await fixture.publish(host))
        #expect(second.revision == first.revision + 1)
        #expect(second.issuedAt == fixture.time.now())
        try await store.tickJobs()
        #expect(await store.takeChangedJobSets().isEmpty)
    }

    @Test func aSetHoldsWhatFitsAndTheRestStaysPlanned() async throws {
        let host = try await fixture.host().id
        for number in 0..<40 { _ = try await fixture.job(number, host: host) }
        let set = try #require(try await fixture.publish(host))
        #expect(set.jobs.count == JobSet.maximumJobs)
        #expect(set.jobs.map(\.id) == set.jobs.map(\.id).sorted())
        #expect(try await store.jobs(state: .planned, after: nil, limit: 99).items.count == 8)
    }

    @Test func aSetStaysWithinItsBytes() async throws {
        let host = try await fixture.host().id
        let large = JSONValue.string(String(repeating: "x", count: FleetStore.maximumArgumentBytes - 2))
        for number in 0..<20 { _ = try await fixture.job(number, host: host, arguments: large) }
        let set = try #require(try await fixture.publish(host))
        #expect((10..<20).contains(set.jobs.count))
        #expect(try FleetJSON.encode(set).count <= JobSet.maximumBytes)
    }

    @Test func theEndOfAJobAloneMakesNoNewSetForAWhile() async throws {
        let host = try await fixture.host().id
        let first = try await fixture.job(1, host: host)
        let set = try #require(try await fixture.publish(host))
        let end = JobReport(job: first.id, kind: first.kind, state: .succeeded)
        _ = try await store.commit([try fixture.report(host, .random(), 1, end)])
        #expect(await store.takeChangedJobSets() == [host])
        #expect(try await fixture.publish(host) == nil)
        fixture.time.advance(by: FleetStore.jobSetLag)
        try await store.tickJobs()
        #expect(await store.takeChangedJobSets() == [host])
        let empty = try #require(try await fixture.publish(host))
        #expect(empty.revision == set.revision + 1)
        #expect(empty.jobs.isEmpty)
    }

    @Test func whatIsAskedForTakesAlongThatAnotherJobIsOver() async throws {
        let host = try await fixture.host().id
        let first = try await fixture.job(1, host: host)
        _ = try await fixture.publish(host)
        let end = JobReport(job: first.id, kind: first.kind, state: .succeeded)
        _ = try await store.commit([try fixture.report(host, .random(), 1, end)])
        #expect(try await fixture.publish(host) == nil)
        let second = try await fixture.job(2, host: host)
        #expect(try await fixture.publish(host)?.jobs.map(\.id) == [second.id])
        _ = try await store.requestCancel(second.id, by: "x")
        #expect(try await fixture.publish(host)?.jobs.map(\.cancel) == [true])
    }

    /// Plans, cancels, reports, lets time pass and publishes at random, with a crash of the controller now and then.
    @Test(arguments: UInt64(1)...10)
    func revisionsOnlyGrowAndAPublishedJobStaysUntilItIsOver(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let host = try await fixture.host().id
        var fixture = fixture
        var planned: [JobID] = []
        var revision: UInt64 = 0
        var named: Set<JobID> = []
        var seq: UInt64 = 0
        let epoch = EpochID.random()
        for _ in 0..<120 {
            switch Int.random(in: 0..<6, using: &random) {
            case 0, 1:
                let hours = Double.random(in: 1...50, using: &random)
                planned.append(try await fixture.job(planned.count, host: host, hours: hours).id)
            case 2:
                if let id = planned.randomElement(using: &random) {
                    // Refused when it is over.
                    _ = try? await fixture.store.requestCancel(id, by: "x")
                }
            case 3:
                guard let id = named.sorted().randomElement(using: &random) else { continue }
                let state = [JobState.accepted, .applying, .succeeded, .failed].randomElement(using: &random)!
                seq += 1
                let report = JobReport(job: id, kind: "vm.start", state: state)
                _ = try await fixture.store.commit([try fixture.report(host, epoch, seq, report)])
            case 4:
                fixture.time.advance(by: .seconds(Int.random(in: 1...40_000, using: &random)))
                try await fixture.store.tickJobs()
            default:
                fixture = try StoreFixture(directory: fixture.directory, time: fixture.time)
            }
            guard let set = try await fixture.publish(host) else { continue }
            let now = Set(set.jobs.map(\.id))
            for id in named.subtracting(now) {
                let job = try await fixture.store.job(id)
                #expect(
                    job.state.isTerminal || (job.expiresAt <= fixture.time.now() && job.state != .applying),
                    "seed \(seed): \(id) was dropped as \(job.state)")
            }
            // A controller that was killed may publish its last set once more; any other is newer.
            #expect(set.revision > revision || (set.revision == revision && now == named), "seed \(seed)")
            #expect(set.jobs.count <= JobSet.maximumJobs)
            (revision, named) = (set.revision, now)
        }
        #expect(revision > 1)
    }
}

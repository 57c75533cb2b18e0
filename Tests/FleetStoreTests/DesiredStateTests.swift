import FleetModel
import FleetStore
import FoundationEssentials
import Testing

struct DesiredStateTests {
    let fixture: StoreFixture
    var store: FleetStore { fixture.store }

    init() throws { fixture = try StoreFixture() }

    private func policy(_ name: String) throws -> SnapshotPolicy {
        SnapshotPolicy(
            name: try #require(ResourceName(name)), times: [fixture.time.now() + 60], graceSeconds: 60,
            keep: SnapshotRetention(last: 1))
    }

    /// What would be published for the host now, as if the broker had taken it.
    private func publish(
        _ host: HostID, _ policies: [SnapshotPolicy], keys: [VerifyingKey] = [], by store: FleetStore? = nil
    ) async throws -> DesiredState? {
        let store = store ?? self.store
        let state = try await store.desiredToPublish(
            for: host, DesiredPolicies(PolicySet(snapshots: policies)), keys: keys
        ) {
            [UInt8](try FleetJSON.encode($0))
        }
        guard let state else { return nil }
        await store.desiredPublished([state])
        return try FleetJSON.decode(DesiredState.self, from: Data(state.envelope))
    }

    @Test func aHostIsToldWhatIsNews() async throws {
        let host = try await fixture.host().id
        #expect(try await publish(host, []) == nil, "nothing was ever said")
        let (a, b) = (try policy("a"), try policy("b"))
        let first = try await publish(host, [a])
        #expect(first?.revision == 1 && first?.policies == [a] && first?.host == host)
        #expect(first?.expiresAt == fixture.time.now() + FleetStore.desiredLifetime.seconds)
        #expect(try await publish(host, [a]) == nil)
        #expect(try await publish(host, [a, b])?.revision == 2)
        #expect(try await publish(host, [])?.policies == [], "that nothing is wanted is news, too")
        #expect(try await publish(host, []) == nil)
        #expect(try await publish(.random(), [a]) == nil)
        // Signed again in good time, though nothing has changed.
        fixture.time.advance(by: .seconds(46 * 86_400))
        #expect(try await publish(host, [])?.revision == 4)
    }

    @Test func policiesOfEachKindAreNews() async throws {
        let host = try await fixture.host().id
        let power = PowerPolicy(name: try #require(ResourceName("b")), power: HostPowerPolicy(onSleep: .save))
        let command = GuestCommandPolicy(
            name: try #require(ResourceName("c")), times: [fixture.time.now()], graceSeconds: 60,
            command: try #require(ResourceName("patch")))
        var wanted = PolicySet(snapshots: [try policy("a")])
        var revision: UInt64 = 0
        func publish() async throws -> DesiredState? {
            let signed = try await store.desiredToPublish(for: host, DesiredPolicies(wanted), keys: []) {
                [UInt8](try FleetJSON.encode($0))
            }
            guard let signed else { return nil }
            await store.desiredPublished([signed])
            return try FleetJSON.decode(DesiredState.self, from: Data(signed.envelope))
        }
        let more = PolicySet(guestCommands: [command], power: [power])
        for kind in 1...2 {
            if kind == 1 { wanted.power = more.power } else { wanted.guestCommands = more.guestCommands }
            revision += 1
            let state = try await publish()
            #expect(state?.revision == revision && state?.policySet == wanted)
            #expect(try await publish() == nil)
        }
    }

    @Test func aRevisionIsStoredBeforeItIsPublished() async throws {
        let host = try await fixture.host().id
        let wanted = try DesiredPolicies(PolicySet(snapshots: [policy("a")]))
        let state = try await store.desiredToPublish(for: host, wanted, keys: []) { _ in [1] }
        // The controller dies here.
        let next = try StoreFixture.open(fixture.directory, fixture.time)
        let again = try await next.desiredToPublish(for: host, wanted, keys: []) { _ in [2] }
        #expect(again == state && again?.envelope == [1] && again?.revision == 1)
    }

    @Test func aHostThatHasAnotherStateGetsTheNewestAgain() async throws {
        let host = try await fixture.host().id
        let bell = store.desiredNotifications()
        _ = try await publish(host, [try policy("a")])
        func presence(_ revision: UInt64) -> Presence {
            var presence = fixture.presence()
            presence.desiredRevision = revision
            return presence
        }
        _ = try await store.commit([fixture.arrival(host, .presence(presence(1)))])
        #expect(bell.count == 0)
        #expect(try await publish(host, [try policy("a")]) == nil)
        _ = try await store.commit([fixture.arrival(host, .presence(presence(0)))])
        #expect(bell.count == 1)
        #expect(try await publish(host, [try policy("a")])?.revision == 1)
        // One from before a restore: the next goes above it.
        _ = try await store.commit([fixture.arrival(host, .presence(presence(7)))])
        #expect(try await publish(host, [try policy("a")])?.revision == 8)
        // A claim that cannot be is not believed.
        _ = try await store.commit([fixture.arrival(host, .presence(presence(1 << 60)))])
        #expect(try await publish(host, [try policy("a")])?.revision == 8)
    }

    @Test func whatChangesPoliciesOrLabelsRingsTheBell() async throws {
        let host = try await fixture.host()
        func rings(_ body: () async throws -> Void) async throws -> Bool {
            let bell = store.desiredNotifications()
            try await body()
            return bell.count > 0
        }
        let name = try #require(ResourceName("nightly"))
        #expect(try await rings { _ = try await store.applyDocument(.policy, name, document: [:], by: "t") })
        #expect(try await !rings { _ = try await store.applyDocument(.policy, name, document: [:], by: "t") })
        let image = ImageReference(
            template: name, version: name, digest: try #require(Digest(String(repeating: "ab", count: 32))),
            format: .raw,
            sizeBytes: 1, virtualSizeBytes: 1)
        #expect(try await rings { _ = try await store.addTemplate(image, by: "t") })
        #expect(try await !rings { _ = try await store.applyDocument(.window, name, document: [:], by: "t") })
        #expect(
            try await rings {
                _ = try await store.changeLabels(
                    of: host.name.description, HostChange(labels: ["team": "plc"]), by: "t")
            })
    }

    @Test func aHostsOwnJobIsMadeKnownByItsReports() async throws {
        let host = try await fixture.host().id
        let epoch = EpochID.random()
        let id = try #require(JobID("01ARZ3NDEKTSV4RRFFQ69G1001"))
        let policy = try #require(ResourceName("nightly"))
        let origin = JobReport.Origin(
            policy: policy, arguments: .object(["vm": .string("v")]), expiresAt: fixture.time.now() + 3600)
        func report(_ state: JobState) -> JobReport {
            JobReport(job: id, kind: "snapshot.create", state: state, origin: origin)
        }
        _ = try await store.commit([try fixture.report(host, epoch, 1, report(.accepted))])
        let job = try await store.job(id)
        #expect(job.state == .accepted && job.policy == policy && job.arguments == origin.arguments)
        #expect(job.expiresAt == origin.expiresAt && job.kind == "snapshot.create")
        #expect(try await store.queue(of: host.description).items.map(\.id) == [id])
        #expect(try await fixture.publish(host) == nil, "its host needs not be asked for it")
        // Unless it shall stop.
        _ = try await store.requestCancel(id, by: "ada")
        let set = try await fixture.publish(host)
        #expect(set?.jobs.map(\.id) == [id] && set?.jobs.first?.cancel == true)
        _ = try await store.commit([try fixture.report(host, epoch, 2, report(.cancelled))])
        #expect(try await store.job(id).state == .cancelled)
        // A report without an origin, and one about another host's job, make nothing known.
        let other = try await fixture.host("other").id
        let unknown = try #require(JobID("01ARZ3NDEKTSV4RRFFQ69G1002"))
        _ = try await store.commit([
            try fixture.report(other, .random(), 1, report(.succeeded)),
            try fixture.report(host, epoch, 3, JobReport(job: unknown, kind: "vm.start", state: .succeeded)),
        ])
        #expect(try await store.job(id).state == .cancelled)
        #expect(try await store.jobs(after: nil, limit: 9).items.map(\.id) == [id])
    }

    @Test func onlyAZoneThatAHostHasToldIsKnown() async throws {
        var hosts: [HostID] = []
        for (number, document) in [
            #"{"clock":{"timeZone":"Europe/Berlin"}}"#, #"{"clock":{"timeZone":7}}"#, #"{"clock":{}}"#, #"[]"#,
        ].enumerated() {
            let host = try await fixture.host("host-\(number)").id
            hosts.append(host)
            _ = try await store.commit([
                fixture.arrival(
                    host,
                    .inventory(
                        .software, digest: #require(Digest(String(repeating: "ab", count: 32))), document: document))
            ])
        }
        #expect(try await store.timeZones() == [hosts[0]: "Europe/Berlin"])
    }
}

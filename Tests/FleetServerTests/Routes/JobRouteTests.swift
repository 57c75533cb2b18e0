import FleetModel
import FoundationEssentials
import Synchronization
import Testing

@testable import FleetServer

@Suite struct JobRouteTests {
    let fixture: APIFixture
    init() throws { fixture = try APIFixture() }

    private static let image = ImageReference(
        template: ResourceName("win11")!, version: ResourceName("2026.1")!,
        digest: Digest(String(repeating: "ab", count: 32))!, format: .qcow2, sizeBytes: 1000, virtualSizeBytes: 1 << 30)

    @Test func aJobKeepsTheTimesAtWhichItsWindowIsOpenByTheHostsClock() async throws {
        let host = try await fixture.addHost("ws-1", vm: APIFixture.vm)
        _ = try await fixture.store.applyDocument(
            .window,
            #require(ResourceName("nights")),
            document: [
                "recurrence": .string("FREQ=DAILY"), "start": .string("2026-01-01T22:00"), "duration": .string("6h"),
                "cutoff": .string("1h"),
            ],
            by: "test")
        func request(_ change: (inout JobRequest) -> Void) async throws -> Reply {
            var request = JobRequest(
                host: "ws-1", kind: "vm.start", arguments: .object(["vm": .string(APIFixture.vm.description)]),
                expiresInSeconds: 2 * 86_400, window: ResourceName("nights"))
            change(&request)
            return try await withClient(.handler, of: fixture.api.handle) {
                try await $0.send(.post, "/api/v1/jobs", request)
            }
        }
        #expect(try await request { _ in }.problem?.code == "no-time-zone")
        try await fixture.describe(
            host, [.software: .object(["clock": .object(["timeZone": .string("Europe/Berlin")])])], vms: [])
        // It is 2026-09-21T13:33:20Z.
        let now = fixture.time.now()
        let job = try await request { $0.requirements = [.power, .disk(mebibytes: 1024), .power] }.json(
            JobResource.self)
        let conditions = try #require(job.conditions)
        #expect(conditions.window == ResourceName("nights"))
        #expect(conditions.requirements == [.disk(mebibytes: 1024), .power])
        #expect(
            conditions.windows?.map { "\(FleetJSON.text($0.start))/\(FleetJSON.text($0.end))" } == [
                "2026-09-21T20:00:00.000Z/2026-09-22T01:00:00.000Z",
                "2026-09-22T20:00:00.000Z/2026-09-23T01:00:00.000Z",
            ])
        // The job is signed as it was asked for, whatever becomes of the window.
        try await fixture.store.removeDocument(.window, #require(ResourceName("nights")), by: "test")
        let signed = Mutex<[Job]>([])
        _ = try await fixture.store.jobSetsToPublish(for: [host], keys: []) { set in
            signed.withLock { $0 = set.jobs }
            return []
        }
        let published = try #require(signed.withLock { $0.first { $0.id == job.id } })
        #expect(published.windows == conditions.windows && published.requirements == ["disk=1024", "power"])
        #expect(try await request { _ in }.problem?.code == "unknown-window")
        #expect(
            try await request { ($0.window, $0.notBefore) = (nil, now + 3 * 86_400) }.problem?.detail?
                .contains("is not before the job's expiry") == true)
        #expect(
            try await request { ($0.window, $0.notBefore) = (nil, now + 60) }.json(JobResource.self)
                .conditions == JobConditions(notBefore: now + 60))
        #expect(try await request { $0.window = nil }.json(JobResource.self).conditions == nil)
        #expect(
            try await request { ($0.window, $0.requirements) = (nil, Array(repeating: .idle, count: 9)) }.problem?.code
                == "bad-arguments")
    }

    @Test func aJobIsAnnouncedAndForcedAsItWasAskedFor() async throws {
        let host = try await fixture.addHost("ws-1", vm: APIFixture.vm)
        _ = try await fixture.store.applyDocument(
            .window,
            #require(ResourceName("nights")),
            document: [
                "recurrence": .string("FREQ=DAILY"), "start": .string("2026-01-01T22:00"), "duration": .string("6h"),
                "timeZone": .string("UTC"),
            ],
            by: "test")
        func send(_ change: (inout JobRequest) -> Void) async throws -> Reply {
            var request = JobRequest(
                host: "ws-1", kind: "vm.start", arguments: .object(["vm": .string(APIFixture.vm.description)]),
                expiresInSeconds: 3 * 86_400, window: ResourceName("nights"))
            change(&request)
            return try await withClient(.handler, of: fixture.api.handle) {
                try await $0.send(.post, "/api/v1/jobs", request)
            }
        }
        func problem(_ change: (inout JobRequest) -> Void) async throws -> String {
            try await send(change).problem?.detail ?? ""
        }
        let notice = JobNotice(seconds: 900, deferrals: 2)
        let job = try await send { ($0.forceAfter, $0.notice, $0.requirements) = (2, notice, [.user]) }.json(
            JobResource.self)
        #expect(job.conditions?.forceAfter == 2 && job.conditions?.notice == notice)
        let signed = Mutex<[Job]>([])
        _ = try await fixture.store.jobSetsToPublish(for: [host], keys: []) { set in
            signed.withLock { $0 = set.jobs }
            return []
        }
        let published = try #require(signed.withLock { $0.first { $0.id == job.id } })
        #expect(published.requirements == ["user", "force-after=2", "notice=900/2"])

        #expect(try await problem { ($0.window, $0.forceAfter) = (nil, 1) }.contains("name a window"))
        for count in [0, 101] { #expect(try await problem { $0.forceAfter = count }.contains("from 1 to 100")) }
        // From 2026-09-21T13:33:20Z on, three times until the expiry, of which all have ended by then.
        #expect(try await send { $0.forceAfter = 3 }.problem == nil)
        #expect(try await problem { $0.forceAfter = 4 }.contains("only 3 times of the window pass"))
        let long = JobNotice(seconds: 6 * 3600)
        #expect(try await problem { $0.notice = long }.contains("could never begin"))
        #expect(try await send { ($0.notice, $0.forceAfter) = (long, 1) }.problem == nil)
        #expect(
            try await problem { ($0.window, $0.notice, $0.expiresInSeconds) = (nil, long, 3600) }
                .contains("could never begin"))
    }

    @Test(arguments: Way.allCases) func aHostsQueueIsSeenPutInOrderAndPurged(way: Way) async throws {
        let host = try await fixture.addHost("ws-1", vm: APIFixture.vm)
        try await withClient(way, of: fixture.api.handle) { client in
            var ids: [JobID] = []
            for number in 1...3 {
                let id = try #require(JobID("01ARZ3NDEKTSV4RRFFQ69G100\(number)"))
                ids.append(id)
                _ = try await fixture.store.planJob(
                    id, host: host, kind: "vm.start", arguments: .object([:]), expiresAt: fixture.time.now() + 60,
                    by: "test")
            }
            let path = "/api/v1/hosts/ws-1/queue"
            func queue() async throws -> [JobID] {
                try await client.get(path).json(Page<JobResource>.self).items.map(\.id)
            }
            #expect(try await queue() == ids)
            let moved = try await client.send(.post, "/api/v1/jobs/\(ids[2])/move", JobMove(before: ids[0]))
            #expect(try moved.json(JobResource.self).rank == 0)
            #expect(try await queue() == [ids[2], ids[0], ids[1]])
            #expect(
                try await client.send(.post, "/api/v1/jobs/\(ids[2])/move", JobMove(before: ids[2])).status == 400)
            let purged = try await client.send(.delete, path, [:], []).json(Page<JobResource>.self)
            #expect(purged.items.map(\.state) == [.withdrawn, .withdrawn, .withdrawn])
            #expect(try await queue() == [])
            #expect(
                try await client.send(.post, "/api/v1/jobs/\(ids[0])/move", JobMove(before: nil)).status == 409)
            #expect(try await client.get("/api/v1/hosts/ws-2/queue").status == 404)
        }
    }

    @Test func aWindowThatDoesNotOpenInTimeIsSaid() async throws {
        _ = try await fixture.addHost("ws-1", vm: APIFixture.vm)
        _ = try await fixture.store.applyDocument(
            .window,
            #require(ResourceName("leap-days")),
            document: ["recurrence": .string("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29"), "timeZone": .string("UTC")],
            by: "test")
        let request = JobRequest(
            host: "ws-1", kind: "vm.start", arguments: .object(["vm": .string(APIFixture.vm.description)]),
            window: ResourceName("leap-days"))
        let reply = try await withClient(.handler, of: fixture.api.handle) {
            try await $0.send(.post, "/api/v1/jobs", request)
        }
        #expect(reply.problem?.code == "no-occurrence")
        #expect(reply.problem?.detail?.contains("window 'leap-days' does not open on host 'ws-1' until") == true)
    }

    private func plan(
        _ kind: String, _ arguments: [String: JSONValue], host: String = "ws-1", expires: Int? = nil
    ) async throws -> Reply {
        try await withClient(.handler, of: fixture.api.handle) { client in
            try await client.send(
                .post, "/api/v1/jobs",
                JobRequest(host: host, kind: kind, arguments: .object(arguments), expiresInSeconds: expires))
        }
    }

    @Test func aCloneGetsItsImageFromTheNamesOfTheTemplate() async throws {
        let host = try await fixture.addHost("ws-1")
        _ = try await fixture.store.addTemplate(Self.image, by: "test")
        let reply = try await plan(
            "vm.clone",
            [
                "name": .string("office"), "template": .string("win11"), "version": .string("2026.1"),
                "profile": .string("office"),
            ])
        #expect(reply.status == 201)
        let job = try reply.json(JobResource.self)
        #expect(job.host == host)
        #expect(job.state == .planned)
        #expect(job.expiresAt == fixture.time.now().addingTimeInterval(7 * 86400))
        let arguments = try FleetJSON.decode(CloneArguments.self, from: job.arguments)
        #expect(arguments.image == Self.image)
        #expect(arguments.start)
        #expect(arguments.profileVersion == nil, "the host's own counts")
    }

    @Test func anImportOfAnUnknownExportNeedsAllToBeSaid() async throws {
        _ = try await fixture.addHost("ws-1", vm: APIFixture.vm)
        let export = JobID("01ARZ3NDEKTSV4RRFFQ69G5F07")!
        var wanted: [String: JSONValue] = ["export": .string(export.description), "identity": .string("copy")]
        let unknown = try await plan("vm.import", wanted)
        #expect(unknown.status == 422 && unknown.text.contains("unknown-export"), "\(unknown.text)")
        wanted["digest"] = .string(Self.image.digest.description)
        wanted["vm"] = .string(APIFixture.vm.description)
        wanted["name"] = .string("twin")
        let reply = try await plan("vm.import", wanted)
        #expect(reply.status == 201, "\(reply.text)")
        #expect(
            try FleetJSON.decode(ImportArguments.self, from: try reply.json(JobResource.self).arguments)
                == ImportArguments(
                    export: export, digest: Self.image.digest, vm: APIFixture.vm, identity: .copy,
                    name: ResourceName("twin")!, start: true))
        // The VM runs: only another machine may be made of its export.
        for identity in ["move", "restore"] {
            wanted["identity"] = .string(identity)
            let refused = try await plan("vm.import", wanted)
            #expect(refused.status == 422 && refused.text.contains("vm-elsewhere"), "\(refused.text)")
        }
    }

    /// Until the old one is deleted, two hosts have described it.
    @Test func aVMThatWasMovedIsReachedOnBothHosts() async throws {
        for host in ["ws-1", "ws-2"] { _ = try await fixture.addHost(host, vm: APIFixture.vm) }
        for host in ["ws-1", "ws-2"] {
            let reply = try await plan("vm.delete", ["vm": .string(APIFixture.vm.description)], host: host)
            #expect(reply.status == 201, "\(host): \(reply.text)")
        }
        _ = try await fixture.addHost("ws-3")
        try await withClient(.handler, of: fixture.api.handle) { client in
            for host in ["ws-1", "ws-2"] {
                let shown = try await client.get("/api/v1/vms/\(APIFixture.vm)?host=\(host)").json(VMResource.self)
                #expect(shown.hostName.description == host)
            }
            for host in ["ws-3", "nobody"] {
                #expect(try await client.get("/api/v1/vms/\(APIFixture.vm)?host=\(host)").status == 404)
            }
        }
    }

    /// Whichever of two hosts was heard of last.
    @Test func aVMThatRunsAnywhereIsNotBroughtToLifeElsewhere() async throws {
        _ = try await fixture.addHost("ws-1", vm: APIFixture.vm)
        let other = try await fixture.addHost("ws-2")
        let off = VMDocument(
            id: APIFixture.vm, name: "plc-lab", state: .shutoff, memoryBytes: 4 << 30, vcpus: 4, persistent: true,
            autostart: false)
        try await fixture.describe(other, [:], vms: [off])
        let wanted: [String: JSONValue] = [
            "export": .string("01ARZ3NDEKTSV4RRFFQ69G5F07"), "identity": .string("restore"),
            "digest": .string(Self.image.digest.description), "vm": .string(APIFixture.vm.description),
            "name": .string("back"),
        ]
        let refused = try await plan("vm.import", wanted, host: "ws-2")
        #expect(refused.status == 422 && refused.text.contains("is running on host 'ws-1'"), "\(refused.text)")
    }

    @Test func anAttachmentMustSayWhat() async throws {
        _ = try await fixture.addHost("ws-1", vm: APIFixture.vm)
        func attach(_ device: JSONValue) async throws -> Reply {
            try await plan("vm.attach", ["vm": .string(APIFixture.vm.description), "device": device])
        }
        #expect(try await attach(.object(["usbDevice": .string("064f:2af9")])).status == 201)
        #expect(try await attach(.object(["hostDevice": .object(["role": .string("nic")])])).status == 201)
        for device in [
            JSONValue.object(["hostDevice": .object([:])]), .object([:]), .object(["usbDevice": .string("dongle")]),
        ] {
            let refused = try await attach(device)
            #expect(refused.status == 422 && refused.text.contains("bad-arguments"), "\(refused.text)")
        }
    }

    @Test func anUpdateIsFilledIn() async throws {
        _ = try await fixture.addHost("ws-1", vm: APIFixture.vm)
        _ = try await fixture.store.addTemplate(Self.image, by: "test")
        let wanted: [String: JSONValue] = [
            "vm": .string(APIFixture.vm.description), "template": .string("win11"), "version": .string("2026.1"),
        ]
        let reply = try await plan("vm.update", wanted)
        #expect(reply.status == 201, "\(reply.text)")
        let arguments = try FleetJSON.decode(
            UpdateArguments.self, from: try reply.json(JobResource.self).arguments)
        #expect(
            arguments
                == UpdateArguments(
                    vm: APIFixture.vm, image: Self.image, snapshot: ResourceName("before-2026.1")!))
        for key in ["shutdownTimeoutSeconds", "guestAgentTimeoutSeconds"] {
            let refused = try await plan("vm.update", wanted.merging([key: .integer(0)]) { $1 })
            #expect(refused.problem?.detail?.contains("'\(key)' must be from 1 to 3600") == true)
        }
    }

    @Test func aCloneCarriesTheNewestVersionOfTheControllersProfile() async throws {
        _ = try await fixture.addHost("ws-1")
        _ = try await fixture.store.addTemplate(Self.image, by: "test")
        func clone() async throws -> CloneArguments {
            let reply = try await plan(
                "vm.clone",
                [
                    "name": .string("office"), "template": .string("win11"), "version": .string("2026.1"),
                    "profile": .string("office"),
                ])
            return try FleetJSON.decode(CloneArguments.self, from: try reply.json(JobResource.self).arguments)
        }
        func apply(_ vcpus: Int) async throws -> ProfileVersion {
            try await withClient(.handler, of: fixture.api.handle) { client in
                let profile = try await client.send(.post, "/api/v1/profiles/office", ["vcpus": vcpus])
                    .json(ProfileApplication.self).profile
                return ProfileVersion(version: profile.version, digest: profile.digest, document: profile.document)
            }
        }
        _ = try await apply(2)
        let second = try await apply(4)
        let cloned = try await clone()
        #expect(cloned.profileVersion == second)
        #expect(cloned.profile.description == "office")
        try await fixture.store.removeProfile(cloned.profile, by: "test")
        #expect(try await clone().profileVersion == nil)
        let planned = try await fixture.store.jobs(after: nil, limit: 9).items.compactMap {
            $0.arguments["profileVersion"]
        }
        #expect(try planned == [FleetJSON.value(second)], "the job keeps its own")
    }

    @Test func aProfileThatATemplateWasNotSealedForIsRefused() async throws {
        _ = try await fixture.addHost("ws-1")
        var image = Self.image
        var seal = TemplateSeal()
        seal.secureBoot = true
        image.seal = seal
        _ = try await fixture.store.addTemplate(image, by: "test")
        let wanted: [String: JSONValue] = [
            "name": .string("office"), "template": .string("win11"), "version": .string("2026.1"),
            "profile": .string("office"),
        ]
        func apply(secureBoot: Bool) async throws {
            _ = try await withClient(.handler, of: fixture.api.handle) { client in
                try await client.send(.post, "/api/v1/profiles/office", ["secureBoot": secureBoot])
            }
        }
        try await apply(secureBoot: false)
        let refused = try await plan("vm.clone", wanted)
        #expect(refused.status == 422 && refused.problem?.code == "template-mismatch")
        #expect(refused.problem?.detail?.contains("secureBoot is false, and it was sealed with true") == true)
        try await apply(secureBoot: true)
        let planned = try await plan("vm.clone", wanted)
        #expect(planned.status == 201)
        let arguments = try FleetJSON.decode(CloneArguments.self, from: planned.json(JobResource.self).arguments)
        #expect(arguments.image == image)
    }

    @Test func aFixCarriesTheNewestVersionOfTheVMsProfile() async throws {
        let host = try await fixture.addHost("ws-1", vm: APIFixture.vm)
        func fix() async throws -> FixArguments {
            let reply = try await plan("vm.fix", ["vm": .string(APIFixture.vm.description)])
            return try FleetJSON.decode(FixArguments.self, from: try reply.json(JobResource.self).arguments)
        }
        #expect(try await fix().profileVersion == nil, "the host knows which profile it is")
        let origin = VMDocument.Origin(
            job: JobID("01ARZ3NDEKTSV4RRFFQ69G5FAV")!, template: Self.image.digest, profile: "office", profileVersion: 1
        )
        let document = VMDocument(
            id: APIFixture.vm, name: "plc-lab", state: .running, memoryBytes: 1, vcpus: 1, persistent: true,
            autostart: false, origin: origin)
        try await fixture.describe(host, [:], vms: [document])
        #expect(try await fix().profileVersion == nil, "the controller has no profile of that name")
        try await withClient(.handler, of: fixture.api.handle) { client in
            for vcpus in [2, 4] as [Int] {
                _ = try await client.send(.post, "/api/v1/profiles/office", ["vcpus": vcpus])
            }
        }
        #expect(try await fix().profileVersion?.version == 2)
    }

    @Test(arguments: Way.allCases) func jobsAreListedShownAndCancelled(way: Way) async throws {
        _ = try await fixture.addHost("ws-1", vm: APIFixture.vm)
        try await withClient(way, of: fixture.api.handle) { client in
            let planned = try await client.send(
                .post, "/api/v1/jobs",
                JobRequest(
                    host: "ws-1", kind: "vm.stop", arguments: .object(["vm": .string(APIFixture.vm.description)]),
                    expiresInSeconds: 3600))
            let job = try planned.json(JobResource.self)
            #expect(planned.headers["location"] == "/api/v1/jobs/\(job.id)")
            #expect(
                try FleetJSON.decode(StopArguments.self, from: job.arguments) == StopArguments(vm: APIFixture.vm))
            #expect(try await client.get("/api/v1/jobs/\(job.id)").json(JobResource.self) == job)
            let list = try await client.get("/api/v1/jobs?host=ws-1&state=planned").json(Page<JobResource>.self)
            #expect(list.items == [job])
            let cancelled = try await client.send(.post, "/api/v1/jobs/\(job.id)/cancel", [:], [])
            #expect(cancelled.status == 202)
            #expect(try cancelled.json(JobResource.self).state == .withdrawn)
            #expect(try await client.send(.post, "/api/v1/jobs/\(job.id)/cancel", [:], []).status == 409)
            #expect(try await client.get("/api/v1/jobs?state=planned").json(Page<JobResource>.self).items.isEmpty)
        }
    }

    @Test func whatCannotBeDoneIsSaidWithItsReason() async throws {
        _ = try await fixture.addHost("ws-1", vm: APIFixture.vm)
        _ = try await fixture.addHost("ws-2")
        let vm: [String: JSONValue] = ["vm": .string(APIFixture.vm.description)]
        let clone: [String: JSONValue] = [
            "name": .string("a"), "template": .string("win11"), "version": .string("1"), "profile": .string("office"),
        ]
        let cases: [(Reply, code: String, says: String)] = [
            (try await plan("vm.fly", [:]), "unknown-kind", "vm.clone"),
            (try await plan("vm.start", vm, host: "nobody"), "unknown-host", "nobody"),
            (try await plan("vm.reboot", vm.merging(["force": .string("hard")]) { $1 }), "bad-arguments", "force"),
            (try await plan("vm.start", vm, host: "ws-2"), "vm-elsewhere", "ws-1"),
            (try await plan("vm.start", ["vm": .string(VMID.random().description)]), "unknown-vm", "vm list"),
            (try await plan("vm.start", [:]), "bad-arguments", "'vm': is missing"),
            (try await plan("vm.delete", ["vm": .integer(7)]), "bad-arguments", "vm"),
            (
                try await plan("vm.stop", vm.merging(["timeoutSeconds": .integer(0)]) { $1 }), "bad-arguments",
                "1 to 3600"
            ),
            (try await plan("vm.clone", clone), "unknown-template", "win11"),
            (
                try await plan("vm.clone", clone.merging(["name": .string("../../etc")]) { $1 }), "bad-arguments",
                "name"
            ),
        ]
        for (reply, code, says) in cases {
            #expect(reply.status == 422, "\(code)")
            #expect(reply.problem?.code == code)
            #expect(reply.problem?.detail?.contains(says) == true, "\(reply.text)")
        }
        #expect(try await plan("vm.start", vm, expires: 1).status == 400)
        #expect(try await fixture.store.jobs(after: nil, limit: 10).items.isEmpty)
    }
}

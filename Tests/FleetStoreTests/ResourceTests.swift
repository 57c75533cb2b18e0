import FleetModel
import FleetTestSupport
import FoundationEssentials
import SQLite
import Testing

@testable import FleetStore

struct ResourceTests {
    let fixture: StoreFixture
    var store: FleetStore { fixture.store }

    init() throws { fixture = try StoreFixture() }

    @Test func aHostIsFoundByNameAndByID() async throws {
        let host = try await fixture.host()
        #expect(host.state == .never)
        #expect(host.lastSeenAt == nil)
        #expect(try await store.host("bench-1").id == host.id)
        #expect(try await store.host(host.id.description.uppercased()).name == host.name)
        #expect(try await store.busCredentials() == [BusCredential(host: host.id, passwordHash: "hash of bench-1")])
        #expect(try await store.imageTokenMatches(host: host.id, hash: "token of bench-1"))
        #expect(try await !store.imageTokenMatches(host: host.id, hash: "token of bench-2"))
        #expect(try await !store.imageTokenMatches(host: .random(), hash: "token of bench-1"))
    }

    @Test func aHostNameIsTakenOnce() async throws {
        _ = try await fixture.host()
        await #expect { _ = try await fixture.host() } throws: { error in
            guard case StoreError.conflict = error else { return false }
            return true
        }
        await #expect(throws: StoreError.notFound(kind: "host", name: "bench-2")) {
            _ = try await store.host("bench-2")
        }
    }

    @Test func labelsAreSetAndRemoved() async throws {
        let host = try await fixture.host()
        _ = try await store.changeLabels(
            of: host.name.description, HostChange(labels: ["room": "a", "desk": "1"]), by: "x")
        let changed = try await store.changeLabels(of: host.id.description, HostChange(labels: ["room": nil]), by: "x")
        #expect(changed.labels == ["desk": "1"])
    }

    @Test func everyWriteLeavesAnAuditRow() async throws {
        let host = try await fixture.host()
        let job = try await fixture.job(1, host: host.id)
        _ = try await store.requestCancel(job.id, by: "ann")
        try await store.removeHost("bench-1", by: "ann")
        let connection = try Connection(path: fixture.directory + "/fleet.db", readOnly: true)
        let rows = try connection.rows("SELECT who, action FROM audit ORDER BY id").map(\.values)
        #expect(
            rows == [
                [.text("tester"), .text("host.add")], [.text("tester"), .text("job.plan")],
                [.text("ann"), .text("job.cancel")], [.text("ann"), .text("host.remove")],
            ])
    }

    @Test func aRemovedHostTakesItsVMsAndJobsAlongButNotItsEvents() async throws {
        let host = try await fixture.host()
        let vm = fixture.vm("w11")
        let job = try await fixture.job(1, host: host.id)
        _ = try await store.commit([
            fixture.arrival(host.id, .vm(vm)), fixture.record(host.id, .random(), 1),
        ])
        try await store.removeHost("bench-1", by: "tester")
        #expect(try await store.vms(after: nil, limit: 10).items.isEmpty)
        await #expect(throws: StoreError.notFound(kind: "job", name: job.id.description)) {
            _ = try await store.job(job.id)
        }
        let event = try await store.events(limit: 10).items.first
        #expect(event?.host == host.id)
        #expect(event?.hostName == nil)
        #expect(await store.takeRemovedHosts() == [RemovedHost(id: host.id, vms: [vm.id])])
        #expect(await store.takeRemovedHosts().isEmpty)
    }

    @Test func pagesJoinToTheWholeInOrder() async throws {
        for number in 0..<7 { _ = try await fixture.host("host-\(number)") }
        let host = try await store.host("host-3").id
        let other = try await store.host("host-1").id
        _ = try await store.commit(["b", "a", "c"].map { fixture.arrival(host, .vm(fixture.vm($0))) })
        _ = try await store.commit([fixture.arrival(other, .vm(fixture.vm("z")))])
        for number in 0..<7 { _ = try await fixture.job(number, host: host) }
        let epoch = EpochID.random()
        _ = try await store.commit(try (1...7).map { try fixture.record(host, epoch, $0) })

        for limit in 1...8 {
            let hosts = try await all { try await store.hosts(after: $0, limit: limit) }
            #expect(hosts.map(\.name.description) == (0..<7).map { "host-\($0)" })
            let vms = try await all { try await store.vms(after: $0, limit: limit) }
            #expect(vms.map(\.vm.name) == ["z", "a", "b", "c"])
            let jobs = try await all { try await store.jobs(after: $0, limit: limit) }
            #expect(jobs.count == 7 && jobs.map(\.id) == jobs.map(\.id).sorted(by: >))
            let events = try await all { try await store.events(before: $0, limit: limit) }
            #expect(events.map(\.seq) == [7, 6, 5, 4, 3, 2, 1])
        }
        #expect(try await store.vms(host: "host-1", after: nil, limit: 10).items.map(\.vm.name) == ["z"])
        #expect(try await store.jobs(host: "host-1", after: nil, limit: 10).items.isEmpty)
        #expect(try await store.jobs(state: .planned, after: nil, limit: 10).items.count == 7)
    }

    @Test func whatVMsShareIsFoundWhereverTheyAre() async throws {
        let (one, two) = (try await fixture.host("one").id, try await fixture.host("two").id)
        let mac = MACAddress("52:54:00:00:00:01")!
        var office = fixture.vm("office")
        office.macAddresses = [mac, MACAddress("52:54:00:00:00:02")!, mac]
        office.genID = UUID()
        var copy = fixture.vm("copy")
        copy.macAddresses = [MACAddress("52:54:00:00:00:03")!, mac]
        copy.genID = office.genID
        var moved = fixture.vm("moved", id: office.id)
        moved.macAddresses = []
        _ = try await store.commit([
            fixture.arrival(one, .vm(office)), fixture.arrival(two, .vm(copy)), fixture.arrival(two, .vm(moved)),
            fixture.arrival(two, .vm(fixture.vm("other"))),
        ])
        func shared(_ name: String) async throws -> [String] {
            let vms = try await store.vms(after: nil, limit: 10).items
            return (vms.first { $0.vm.name == name }?.sharedIdentities ?? []).map {
                "\($0.kind) \($0.name) on \($0.hostName)"
            }
        }
        #expect(try await shared("office") == ["genid copy on two", "mac copy on two", "uuid moved on two"])
        #expect(try await shared("copy") == ["genid office on one", "mac office on one"])
        #expect(try await shared("moved") == ["uuid office on one"])
        #expect(try await shared("other").isEmpty)
        #expect(try await store.sharedVMIdentities() == 3)

        // What is mended is shared no more, and neither is what has gone.
        copy.macAddresses = nil
        copy.genID = nil
        _ = try await store.commit([fixture.arrival(two, .vm(copy)), fixture.arrival(two, .vmGone(office.id))])
        #expect(try await shared("office").isEmpty)
        #expect(try await store.sharedVMIdentities() == 0)
    }

    private func all<Item>(_ page: (String?) async throws -> Page<Item>) async throws -> [Item] {
        var items: [Item] = []
        var cursor: String?
        repeat {
            let next = try await page(cursor)
            items += next.items
            cursor = next.nextCursor
        } while cursor != nil
        return items
    }

    @Test(arguments: ["", "x", "####", "WyJhIl0", "WyJhIiwiYiIsImMiLCJkIl0"])
    func aForeignCursorIsRefused(cursor: String) async throws {
        await #expect { _ = try await store.templates(after: cursor, limit: 5) } throws: { error in
            guard case StoreError.invalid = error else { return false }
            return true
        }
    }

    @Test func aTemplateVersionNeverChanges() async throws {
        func image(_ version: String, _ digit: String) -> ImageReference {
            ImageReference(
                template: ResourceName("office")!, version: ResourceName(version)!,
                digest: Digest(String(repeating: digit, count: 64))!, format: .qcow2, sizeBytes: 1, virtualSizeBytes: 2)
        }
        _ = try await store.addTemplate(image("2", "a"), by: "tester")
        _ = try await store.addTemplate(image("1", "b"), by: "tester")
        await #expect { _ = try await store.addTemplate(image("1", "c"), by: "tester") } throws: { error in
            guard case StoreError.conflict = error else { return false }
            return true
        }
        #expect(
            try await store.templates(after: nil, limit: 9).items.map(\.image) == [image("1", "b"), image("2", "a")])
        #expect(try await store.template(ResourceName("office")!, version: ResourceName("1")!).image == image("1", "b"))
        #expect(
            try await store.template(ResourceName("office")!, version: nil).image == image("1", "b"),
            "it was added last")
        for (name, version) in [("office", "3"), ("other", nil)] {
            await #expect {
                _ = try await store.template(ResourceName(name)!, version: version.flatMap { ResourceName($0) })
            } throws: { error in
                guard case StoreError.notFound = error else { return false }
                return true
            }
        }
    }

    @Test func aVMShowsItsLatestMetrics() async throws {
        let host = try await fixture.host()
        let vm = fixture.vm("w11")
        let batch = MetricsBatch(time: fixture.time.now(), host: ["up": 1], vms: [vm.id: ["cpu": 2]])
        let outcome = try await store.commit([
            fixture.arrival(host.id, .vm(vm)), fixture.arrival(host.id, .metrics(batch)),
        ])
        try await store.series.append(outcome.metrics)
        let resource = try await store.vm(vm.id)
        #expect(resource.metrics == ["cpu": 2])
        #expect(resource.metricsAt == fixture.time.now())
        #expect(resource.hostName == host.name)
    }
}

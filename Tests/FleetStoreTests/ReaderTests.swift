import FleetModel
import FoundationEssentials
import Testing

@testable import FleetStore

/// Lists are read beside the writer.
struct ReaderTests {
    let fixture: StoreFixture
    var store: FleetStore { fixture.store }

    init() throws { fixture = try StoreFixture() }

    @Test func aPageWaitsForNoCommit() async throws {
        let host = try await fixture.host()
        try await store.execute("BEGIN IMMEDIATE")
        try await store.execute("UPDATE hosts SET name = 'renamed'")
        #expect(try await store.hosts(after: nil, limit: 10).items.map(\.name) == [host.name])
        try await store.execute("COMMIT")
        #expect(try await store.hosts(after: nil, limit: 10).items.map(\.name) == [ResourceName("renamed")!])
    }

    /// When a host was heard of is written once a minute, and known at once.
    @Test func whatMemoryKnowsComesWithIt() async throws {
        let host = try await fixture.host().id
        fixture.time.advance(by: .seconds(5))
        _ = try await store.commit([fixture.arrival(host, .presence(fixture.presence()))])
        #expect(try await store.hosts(after: nil, limit: 10).items.first?.lastSeenAt == fixture.time.now())
    }

    @Test func theVMsOfAHostAreItsOwn() async throws {
        let hosts = [try await fixture.host("bench-1").id, try await fixture.host("bench-2").id]
        for (host, name) in zip(hosts, ["office", "plc"]) {
            _ = try await store.commit([fixture.arrival(host, .vm(fixture.vm(name)))])
        }
        #expect(try await store.vms(host: "bench-2", after: nil, limit: 10).items.map(\.vm.name) == ["plc"])
        #expect(try await store.vms(after: nil, limit: 10).items.map(\.vm.name) == ["office", "plc"])
        let documents = try await store.vmDocuments(of: hosts)
        #expect(hosts.map { documents[$0]?.map(\.name) } == [["office"], ["plc"]])
    }
}

extension FleetStore {
    fileprivate func execute(_ sql: String) throws { try connection.execute(sql) }
}

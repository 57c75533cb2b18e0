import FleetModel
import FleetTestSupport
import FoundationEssentials
import SQLite
import Testing

@testable import FleetStore

struct ProfileTests {
    let fixture: StoreFixture
    var store: FleetStore { fixture.store }
    private static let office = ResourceName("office")!

    init() throws { fixture = try StoreFixture() }

    private func apply(_ vcpus: Int64, to name: ResourceName = office) async throws -> ProfileApplication {
        try await store.applyProfile(
            name, document: ["vcpus": .integer(vcpus)],
            digest: Digest(String(repeating: "\(vcpus)", count: 64))!, by: "ann")
    }

    @Test func versionsCountAndNeverChange() async throws {
        let first = try await apply(1)
        #expect(first.changed && first.profile.version == 1)
        let same = try await apply(1)
        #expect(!same.changed && same.profile == first.profile)
        #expect(try await apply(2).profile.version == 2)
        // What an earlier version said is new again.
        #expect(try await apply(1).profile.version == 3)

        #expect(try await store.profile(Self.office).version == 3)
        #expect(try await store.profile(Self.office, version: 1) == first.profile)
        #expect(try await store.profile(Self.office, version: 2).document == ["vcpus": .integer(2)])
        await #expect(throws: StoreError.notFound(kind: "profile version", name: "office 4")) {
            _ = try await store.profile(Self.office, version: 4)
        }
    }

    @Test func theNewestOfEachIsListedPageByPage() async throws {
        for name in ["c", "a", "b"] {
            for vcpus in 1...3 { _ = try await apply(Int64(vcpus), to: ResourceName(name)!) }
        }
        for limit in 1...4 {
            var listed: [String] = []
            var cursor: String?
            repeat {
                let page = try await store.profiles(after: cursor, limit: limit)
                listed += page.items.map { "\($0.name):\($0.version)" }
                cursor = page.nextCursor
            } while cursor != nil
            #expect(listed == ["a:3", "b:3", "c:3"])
        }
    }

    @Test func allVersionsGoAtOnceAndOthersStay() async throws {
        _ = try await apply(1)
        _ = try await apply(2)
        _ = try await apply(1, to: ResourceName("plc")!)
        try await store.removeProfile(Self.office, by: "ann")
        #expect(try await store.profiles(after: nil, limit: 9).items.map(\.name.description) == ["plc"])
        await #expect(throws: StoreError.notFound(kind: "profile", name: "office")) {
            try await store.removeProfile(Self.office, by: "ann")
        }
    }

    @Test func whatAJobHasNoRoomForIsRefused() async throws {
        let document = ["consoleLog": JSONValue.string(String(repeating: "x", count: FleetStore.maximumProfileBytes))]
        await #expect {
            _ = try await store.applyProfile(
                Self.office, document: document, digest: Digest(String(repeating: "a", count: 64))!, by: "ann")
        } throws: { error in
            guard case StoreError.invalid(let message) = error else { return false }
            return message.contains("a job has room for 8192")
        }
        #expect(try await store.profiles(after: nil, limit: 9).items.isEmpty)
    }

    @Test func whatChangedSomethingIsAudited() async throws {
        _ = try await apply(1)
        _ = try await apply(1)
        try await store.removeProfile(Self.office, by: "ben")
        let connection = try Connection(path: fixture.directory + "/fleet.db", readOnly: true)
        #expect(
            try connection.rows("SELECT who, action, object FROM audit ORDER BY id").map(\.values) == [
                [.text("ann"), .text("profile.apply"), .text("office 1")],
                [.text("ben"), .text("profile.remove"), .text("office")],
            ])
    }

    /// A database of the release before, with all that is in it.
    @Test func anEarlierDatabaseGetsTheTable() async throws {
        let directory = try TemporaryDirectory()
        let earlier = try Connection(path: directory.file(FleetStore.databaseName))
        try earlier.migrate([FleetMigrations.m0001Foundations])
        let store = try StoreFixture(directory: directory.path).store
        #expect(try await store.profiles(after: nil, limit: 9).items.isEmpty)
    }
}

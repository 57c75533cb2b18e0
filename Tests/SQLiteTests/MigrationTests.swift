import FleetTestSupport
import SQLite
import Testing

@Suite struct MigrationTests {
    static let steps = [
        Migration("make t", "CREATE TABLE t (n); CREATE TABLE u (n)"),
        Migration("fill t", "INSERT INTO t VALUES (1)"),
        Migration("fill t again", "INSERT INTO t VALUES (2)"),
    ]

    let directory: TemporaryDirectory
    let database: Connection

    init() throws {
        directory = try TemporaryDirectory()
        database = try Connection(path: directory.file("test.db"))
    }

    var version: Int? { get throws { try database.first("PRAGMA user_version")?.get(0) } }

    @Test func `each step is applied once, whenever it comes`() throws {
        for count in [1, 1, 2, 3, 3] {
            try database.migrate(Array(Self.steps.prefix(count)))
            #expect(try version == count)
        }
        #expect(try database.rows("SELECT n FROM t ORDER BY n").map { try $0.get(0, as: Int.self) } == [1, 2])
    }

    @Test func `a step that fails leaves the version before it`() throws {
        let broken = Migration("broken", "INSERT INTO t VALUES (9); INSERT INTO nowhere VALUES (1)")
        #expect(throws: SQLiteError.self) { try database.migrate(Self.steps + [broken]) }
        #expect(try version == 3)
        #expect(try database.rows("SELECT n FROM t").count == 2)
        try database.migrate(Self.steps)
    }

    @Test func `a newer database is refused and not touched`() throws {
        try database.migrate(Self.steps)
        let error = #expect(throws: SQLiteError.self) { try database.migrate(Array(Self.steps.prefix(2))) }
        #expect(error?.message.contains("newer version") == true)
        #expect(error?.message.contains(database.path) == true)
        #expect(try version == 3)
    }

    @Test func `an impossible version is refused`() throws {
        try database.execute("PRAGMA user_version = -1")
        #expect(throws: SQLiteError.self) { try database.migrate(Self.steps) }
    }
}

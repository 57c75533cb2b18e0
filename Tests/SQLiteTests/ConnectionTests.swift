import FleetTestSupport
import FoundationEssentials
import SQLite
import Testing

@Suite struct ConnectionTests {
    let directory: TemporaryDirectory
    let database: Connection

    init() throws {
        directory = try TemporaryDirectory()
        database = try Connection(path: directory.file("test.db"))
    }

    func roundTrip<Value: SQLiteConvertible & Equatable>(_ value: Value) throws -> Bool {
        try database.first("SELECT ?", [value])?.get(0, as: Value.self) == value
    }

    @Test func `values come back as they went`() throws {
        #expect(try [Int64.min, -1, 0, .max].allSatisfy(roundTrip))
        #expect(try [Int.min, 0, .max].allSatisfy(roundTrip))
        #expect(try [UInt64.min, 1 << 63, .max].allSatisfy(roundTrip))
        #expect(try [true, false].allSatisfy(roundTrip))
        #expect(try [0, -0.5, 1e300, .infinity, .leastNonzeroMagnitude].allSatisfy(roundTrip))
        #expect(try ["", "a", "é\u{301}🙂", "a\0b", String(repeating: "x", count: 100_000)].allSatisfy(roundTrip))
        #expect(try [[], [0], [0, 255, 0], [UInt8](repeating: 7, count: 100_000)].allSatisfy(roundTrip))
        #expect(
            try [Date(timeIntervalSince1970: 1_790_000_000.123), Date(timeIntervalSince1970: -1)].allSatisfy(roundTrip))
        #expect(try [String?.none, "x"].allSatisfy(roundTrip))
        #expect(try [Int?.none, 3].allSatisfy(roundTrip))
    }

    @Test func `a column of another type is an error, not a guess`() throws {
        let row = try #require(try database.first("SELECT 'text', NULL, 7"))
        #expect(throws: SQLiteError.self) { try row.get(0, as: Int.self) }
        #expect(throws: SQLiteError.self) { try row.get(1, as: String.self) }
        #expect(throws: SQLiteError.self) { try row.get(2, as: String.self) }
        #expect(throws: SQLiteError.self) { try row.get(3, as: Int.self) }
    }

    @Test(arguments: ["SELECT nothing FROM nowhere", "SELECT 1; SELECT 2", "", "-- only a comment"])
    func `what is not one good statement is refused with its text`(sql: String) throws {
        let error = #expect(throws: SQLiteError.self) { try database.execute(sql) }
        #expect(error?.sql == sql)
        #expect(error?.code != 0)
    }

    @Test func `white space after a statement is none of it`() throws {
        #expect(try database.first("SELECT 1;\n ")?.get(0) == 1)
    }

    @Test func `the number of values must be right`() throws {
        #expect(throws: SQLiteError.self) { try database.execute("SELECT ?, ?", [1]) }
        #expect(throws: SQLiteError.self) { try database.execute("SELECT 1", [1]) }
    }

    @Test func `a query within a query of the same text has rows of its own`() throws {
        try database.executeScript("CREATE TABLE t (n); INSERT INTO t VALUES (1), (2), (3)")
        var pairs: [[Int]] = []
        try database.query("SELECT n FROM t ORDER BY n") { outer throws(SQLiteError) in
            try database.query("SELECT n FROM t ORDER BY n") { inner throws(SQLiteError) in
                pairs.append([try outer.get(0), try inner.get(0)])
            }
        }
        #expect(pairs == (1...3).flatMap { outer in (1...3).map { [outer, $0] } })
    }

    @Test func `a statement that failed works again`() throws {
        try database.execute("CREATE TABLE t (n INTEGER UNIQUE)")
        for _ in 0..<2 {
            try database.execute("INSERT INTO t VALUES (?)", [1])
            let error = #expect(throws: SQLiteError.self) { try database.execute("INSERT INTO t VALUES (?)", [1]) }
            #expect(error?.isConstraint == true)
            #expect(database.lastInsertRowID == 1)
            try database.execute("DELETE FROM t")
            #expect(database.changes == 1)
        }
    }

    @Test func `a body that throws leaves nothing, and the connection usable`() throws {
        struct Stop: Error {}
        try database.execute("CREATE TABLE t (n)")
        #expect(throws: Stop.self) {
            try database.transaction {
                try database.execute("INSERT INTO t VALUES (1)")
                throw Stop()
            }
        }
        #expect(try database.rows("SELECT n FROM t").isEmpty)
        #expect(
            try database.transaction {
                try database.execute("INSERT INTO t VALUES (2)"); return 5
            } == 5)
        #expect(try database.rows("SELECT n FROM t").count == 1)
    }

    @Test func `the first row is found without reading the others`() throws {
        let endless = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"
        #expect(try database.first(endless)?.get(0) == 1)
    }

    @Test func `foreign keys are enforced and commits are synced`() throws {
        #expect(try database.first("PRAGMA foreign_keys")?.get(0) == 1)
        #expect(try database.first("PRAGMA synchronous")?.get(0) == 2)
        #expect(try database.first("PRAGMA journal_mode")?.get(0) == "wal")
        let normal = try Connection(path: directory.file("other.db"), synchronous: .normal)
        #expect(try normal.first("PRAGMA synchronous")?.get(0) == 1)
    }

    @Test func `only an unsynced transaction is not synced, whether it succeeds or not`() throws {
        func level(_ connection: Connection) throws -> Int? { try connection.first("PRAGMA synchronous")?.get(0) }
        #expect(try database.unsyncedTransaction { try level(database) } == 1)
        #expect(try level(database) == 2)
        struct Stop: Error {}
        #expect(throws: Stop.self) { try database.unsyncedTransaction { throw Stop() } }
        #expect(try level(database) == 2)

        try database.execute("PRAGMA synchronous = OFF")
        #expect(try database.unsyncedTransaction { try level(database) } == 0)
        #expect(try level(database) == 0)
    }

    @Test func `a read-only connection reads only, while another writes`() throws {
        try database.execute("CREATE TABLE t (n)")
        let reader = try Connection(path: database.path, readOnly: true)
        try database.execute("INSERT INTO t VALUES (1)")
        #expect(try reader.rows("SELECT n FROM t").count == 1)
        #expect(throws: SQLiteError.self) { try reader.execute("INSERT INTO t VALUES (2)") }
    }

    @Test func `an exclusive connection is alone`() throws {
        let path = directory.file("alone.db")
        do {
            let alone = try Connection(path: path, exclusive: true)
            try alone.execute("CREATE TABLE t (n)")
            #expect(throws: SQLiteError.self) { try Connection(path: path, readOnly: true).rows("SELECT n FROM t") }
        }
        #expect(try Connection(path: path).rows("SELECT n FROM t").isEmpty)
    }

    @Test func `what cannot be opened is named`() {
        let error = #expect(throws: SQLiteError.self) { try Connection(path: "/nonexistent/test.db") }
        #expect(error?.description.contains("/nonexistent/test.db") == true)
    }

    @Test func `damage is recognised`() throws {
        let path = directory.file("damaged.db")
        try String(repeating: "no database ", count: 100).write(toFile: path, atomically: false, encoding: .utf8)
        let error = #expect(throws: SQLiteError.self) { try Connection(path: path) }
        #expect(error?.isCorrupt == true)
    }
}

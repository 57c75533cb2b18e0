import FleetTestSupport
import FoundationEssentials
import SQLite
import Testing

@Suite struct FullDiskTests {
    let disk: SmallFileSystem
    let database: Connection

    init() throws {
        disk = try SmallFileSystem(bytes: 2 << 20)
        database = try Connection(path: disk.file("test.db"))
        try database.execute("CREATE TABLE t (content BLOB)")
    }

    func insert(_ bytes: Int) throws {
        try database.transaction {
            try database.execute("INSERT INTO t VALUES (?)", [[UInt8](repeating: 1, count: bytes)])
        }
    }

    @Test func `a full disk is told apart, loses nothing that was committed, and passes`() throws {
        try insert(100_000)
        try disk.fill()
        let error = #expect(throws: SQLiteError.self) { try insert(500_000) }
        #expect(error?.isFull == true)
        #expect(try database.first("SELECT count(*) FROM t")?.get(0) == 1)
        try disk.drain()
        try insert(500_000)
        #expect(try database.first("SELECT count(*) FROM t")?.get(0) == 2)
        #expect(try database.first("PRAGMA integrity_check")?.get(0) == "ok")
    }

    @Test func `a backup that does not fit leaves no file`() throws {
        try insert(600_000)
        try disk.fill(leaving: 100_000)
        let target = disk.file("backup.db")
        #expect(throws: SQLiteError.self) { try database.backup(to: target) }
        #expect(!FileManager.default.fileExists(atPath: target))
    }
}

@Suite struct BackupTests {
    @Test func `a backup is the database as of one moment`() throws {
        let directory = try TemporaryDirectory()
        let database = try Connection(path: directory.file("test.db"))
        try database.migrate([Migration("t", "CREATE TABLE t (n)")])
        try database.execute("INSERT INTO t VALUES (1)")
        try database.backup(to: directory.file("backup.db"))
        try database.execute("INSERT INTO t VALUES (2)")

        let copy = try Connection(path: directory.file("backup.db"))
        #expect(try copy.rows("SELECT n FROM t").count == 1)
        #expect(try copy.first("PRAGMA user_version")?.get(0) == 1)
        #expect(throws: SQLiteError.self) { try database.backup(to: directory.file("backup.db")) }
        #expect(try copy.rows("SELECT n FROM t").count == 1)
    }
}

import FleetTestSupport
import FoundationEssentials
import SQLite
import Subprocess
import Testing

@testable import HostInspection

@Suite struct RPMDatabaseTests {
    private static let path = "/usr/lib/sysimage/rpm/rpmdb.sqlite"
    private static let tables = """
        CREATE TABLE Packages (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL);
        CREATE TABLE Name (key TEXT NOT NULL, hnum INTEGER NOT NULL, idx INTEGER NOT NULL);
        """

    private func versions(_ machine: FixtureMachine) -> [String: String] {
        RPMDatabase(machine.subject.root)?.versions(of: ["swtpm", "qemu-system-x86-core", "bash"]) ?? [:]
    }

    /// A machine whose database was made by hand.
    private func machine(_ script: String) throws -> FixtureMachine {
        let machine = try FixtureMachine(["/usr/lib/sysimage/rpm/.rpm.lock": ""])
        let database = try Connection(path: machine.root.path + Self.path)
        try database.executeScript(script)
        try database.execute("PRAGMA journal_mode = DELETE")
        return machine
    }

    @Test func whatRPMItselfHasWrittenIsRead() async throws {
        let machine = try FixtureMachine(["/usr/lib/sysimage/rpm/.rpm.lock": ""])
        let work = try TemporaryDirectory()
        for (name, version) in [("swtpm", "0.9.0"), ("qemu-system-x86-core", "8.2.2")] {
            let specification = """
                Name: \(name)
                Version: \(version)
                Release: 4.fc40
                Summary: Test
                License: None
                BuildArch: noarch
                %description
                %files

                """
            let file = work.file(name + ".spec")
            try Data(specification.utf8).write(to: URL(filePath: file))
            _ = try await Subprocess.run("rpmbuild", ["-bb", "--define", "_topdir \(work.path)", file]).successful()
            _ = try await Subprocess.run(
                "rpm",
                [
                    "--dbpath", machine.root.path + "/usr/lib/sysimage/rpm", "--install", "--justdb", "--nodeps",
                    "\(work.path)/RPMS/noarch/\(name)-\(version)-4.fc40.noarch.rpm",
                ]
            ).successful()
        }
        #expect(versions(machine) == ["swtpm": "0.9.0-4.fc40", "qemu-system-x86-core": "8.2.2-4.fc40"])
        var limitations: [Inspection.Limitation] = []
        let components = Components(machine.subject.root, hypervisor: nil, limitations: &limitations)
        #expect(components.qemu == .init(version: "8.2.2", source: "package qemu-system-x86-core 8.2.2-4.fc40"))
        #expect(limitations.isEmpty)
    }

    @Test(arguments: [
        "", "00", "ffffffffffffffff", "0000000100000004000003e9000000060000000000000001" + "312e30",
        // A number in place of the text; a text without an end; one beyond the end.
        "0000000100000004000003e900000004000000000000000131000000",
        "0000000100000004000003e900000006000000000000000131313131",
        "0000000100000004000003e900000006fffffffff00000013100000000",
    ])
    func aDamagedHeaderIsNoVersion(blob: String) throws {
        let machine = try machine(
            Self.tables + "INSERT INTO Packages VALUES (1, x'\(blob)'); INSERT INTO Name VALUES ('swtpm', 1, 0);")
        #expect(versions(machine).isEmpty)
    }

    @Test func aHeaderOfTheLeastSizeIsRead() throws {
        let machine = try machine(
            Self.tables
                + "INSERT INTO Packages VALUES (1, x'0000000100000004000003e9000000060000000000000001312e3000');"
                + "INSERT INTO Name VALUES ('swtpm', 1, 0);")
        #expect(versions(machine) == ["swtpm": "1.0"])
    }

    @Test func viewsInPlaceOfTheTablesAreNotAsked() throws {
        let machine = try machine(
            """
            CREATE VIEW Packages AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
                SELECT i AS hnum, x'00' AS blob FROM n;
            CREATE TABLE Name (key TEXT, hnum INTEGER, idx INTEGER);
            INSERT INTO Name VALUES ('swtpm', -1, 0);
            """)
        #expect(versions(machine).isEmpty)
    }

    @Test func whatIsNoDatabaseHasNoVersions() throws {
        for text in ["", "no database", "SQLite format 3\0" + String(repeating: "x", count: 4096)] {
            #expect(versions(try FixtureMachine([Self.path: text])).isEmpty)
        }
    }
}

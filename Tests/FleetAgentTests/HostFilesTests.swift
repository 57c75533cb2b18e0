import FleetAgent
import FleetModel
import FleetTestSupport
import Foundation
import Testing

/// Whose journal and record it is that an agent finds.
@Suite struct HostFilesTests {
    let directory: TemporaryDirectory
    private let first = HostID.random()
    private let second = HostID.random()

    init() throws { directory = try TemporaryDirectory() }

    private func write(_ text: String, _ names: [String] = ["journal.db", "journal.db-wal", "spool.db"]) throws {
        for name in names { try Data(text.utf8).write(to: URL(filePath: directory.file(name))) }
    }

    private func text(_ name: String) -> String? {
        try? String(contentsOfFile: directory.file(name), encoding: .utf8)
    }

    private func take(_ host: HostID) throws -> String? { try HostFiles(in: directory.path).take(for: host) }

    @Test func aFreshDirectoryAndOneOfTheSameHostStayAsTheyAre() throws {
        #expect(try take(first) == nil)
        try write("first")
        #expect(try take(first) == nil)
        #expect(text("journal.db") == "first" && text("journal.db-wal") == "first" && text("spool.db") == "first")
    }

    @Test func anEarlierAgentsFilesAreThisHosts() throws {
        try write("first")
        #expect(try take(first) == nil)
        #expect(text("journal.db") == "first")
    }

    @Test func anotherHostsAreKeptAside() throws {
        _ = try take(first)
        try write("first")
        try write("the machine's", ["domains.json", "asleep.json"])
        let former = "former/\(first)"
        #expect(try take(second) == directory.file(former))
        for name in ["journal.db", "journal.db-wal", "spool.db"] {
            #expect(text(name) == nil && text("\(former)/\(name)") == "first")
        }
        #expect(text("domains.json") == "the machine's" && text("asleep.json") == "the machine's")
    }

    @Test func theyComeBackWithTheirHost() throws {
        _ = try take(first)
        try write("first")
        _ = try take(second)
        try write("second", ["journal.db", "spool.db"])
        #expect(try take(first) == directory.file("former/\(second)"))
        #expect(text("journal.db") == "first" && text("journal.db-wal") == "first")
        #expect(text("former/\(second)/spool.db") == "second")
        #expect(!FileManager.default.fileExists(atPath: directory.file("former/\(first)")))
        _ = try take(second)
        #expect(text("journal.db") == "second" && text("journal.db-wal") == nil)
    }

    /// Killed between any two of the changes: what the directory looks like then, and the start after it.
    @Test(arguments: [["journal.db"], ["journal.db", "journal.db-wal"]])
    func aChangeThatWasInterruptedGoesOn(moved: [String]) throws {
        _ = try take(first)
        try write("first")
        try FileManager.default.createDirectory(
            atPath: directory.file("former/\(first)"), withIntermediateDirectories: true)
        for name in moved {
            try FileManager.default.moveItem(
                atPath: directory.file(name), toPath: directory.file("former/\(first)/\(name)"))
        }
        _ = try take(second)
        #expect(["journal.db", "journal.db-wal", "spool.db"].allSatisfy { text("former/\(first)/\($0)") == "first" })
        #expect(text("journal.db") == nil)

        // The same on the way back.
        let owner = try #require(text("owner.json"))
        try Data(owner.replacing(second.description, with: first.description).utf8)
            .write(to: URL(filePath: directory.file("owner.json")))
        for name in moved {
            try FileManager.default.moveItem(
                atPath: directory.file("former/\(first)/\(name)"), toPath: directory.file(name))
        }
        #expect(try take(first) == nil)
        #expect(["journal.db", "journal.db-wal", "spool.db"].allSatisfy { text($0) == "first" })
    }
}

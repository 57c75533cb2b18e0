import Glibc
import SQLite

/// rpm's database as SQLite, its form since rpm 4.16 (Fedora 33, RHEL 9).
struct RPMDatabase: Sendable {
    static let directories = ["/usr/lib/sysimage/rpm", "/var/lib/rpm"]

    private let root: HostRoot
    private let path: String

    /// Nil when the tree has none.
    init?(_ root: HostRoot) {
        guard let path = Self.directories.map({ $0 + "/rpmdb.sqlite" }).first(where: root.exists) else { return nil }
        self.root = root
        self.path = path
    }

    /// `9.0.0-4.fc40`; nothing of a database that is damaged.
    func versions(of names: Set<String>) -> [String: String] {
        root.withFile(path, O_RDONLY | O_NONBLOCK | O_NOCTTY) { descriptor in try? versions(of: names, descriptor) }
            ?? [:]
    }

    private func versions(of names: Set<String>, _ descriptor: Int32) throws -> [String: String] {
        let database = try Connection(immutable: descriptor)
        // In a stranger's file these may be views, which compute for as long as they like.
        let tables = try database.rows(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name IN ('Packages', 'Name')")
        guard tables.count == 2 else { return [:] }
        var versions: [String: String] = [:]
        for name in names.sorted() {
            let row = try database.first(
                "SELECT p.blob FROM Name n JOIN Packages p ON p.hnum = n.hnum WHERE n.key = ? AND length(p.blob) < ?",
                [name, Int64(RPMHeader.largest)])
            guard let row, let header = RPMHeader(try row.get(0)), let version = header.text(.version) else {
                continue
            }
            versions[name] = version + (header.text(.release).map { "-" + $0 } ?? "")
        }
        return versions
    }
}

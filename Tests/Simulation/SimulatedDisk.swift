import FleetModel
import FleetStore
import FleetTestSupport
import FoundationEssentials
import Provisioning
import SQLite

/// Databases as they are at first, made once and copied for each run: most of a run would be spent on making them.
struct SimulatedDisk: Sendable {
    static let fleet = FleetName("test")!
    static let begin = Date(timeIntervalSince1970: 1_790_000_000)
    static let maximumHosts = 4

    let directory: TemporaryDirectory

    init() async throws {
        directory = try TemporaryDirectory(below: "/dev/shm")
        let time = ManualTimeSource(now: Self.begin)
        let store = try FleetStore(directory: directory.path, fleet: Self.fleet, time: time, logger: .silent)
        for index in 0..<Self.maximumHosts {
            _ = try await store.addHost(
                Self.name(index), busPasswordHash: "", imageTokenHash: "", keys: [], by: "simulation")
            try await store.setHostID(Self.host(index), of: Self.name(index))
        }
        try await store.settleFiles()
        let journal = try JobJournal(path: directory.file("journal.db"), bootID: "boot")
        try await journal.settleFiles()
    }

    static func name(_ index: Int) -> ResourceName { ResourceName("host-\(index)")! }
    static func host(_ index: Int) -> HostID { HostID("1b4e28ba-2fa1-41d2-883f-0016d3cca40\(index)")! }
    static func vm(_ index: Int) -> VMID { VMID("2b4e28ba-2fa1-41d2-883f-0016d3cca40\(index)")! }

    func makeController(in path: String) throws {
        for name in [FleetStore.databaseName, FleetStore.metricsName] {
            try FileManager.default.copyItem(atPath: directory.file(name), toPath: "\(path)/\(name)")
        }
    }

    func makeJournal(at path: String) throws {
        try FileManager.default.copyItem(atPath: directory.file("journal.db"), toPath: path)
    }
}

extension FleetStore {
    fileprivate func setHostID(_ id: HostID, of name: ResourceName) throws {
        try connection.execute("UPDATE hosts SET id = ? WHERE name = ?", [id.description, name.description])
    }

    fileprivate func settleFiles() throws {
        _ = try connection.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    }

    func relax() throws { try connection.relax() }

    /// By its own connection, as no other can read a database that is locked for speed.
    func rolloutState(_ name: ResourceName) throws -> (state: String?, hosts: [RolloutHostState: Int]) {
        let state: String? = try connection.first("SELECT state FROM rollouts WHERE name = ?", [name.description])?.get(
            0)
        let rows = try connection.rows(
            "SELECT state, count(*) FROM rollout_hosts WHERE rollout = ? GROUP BY state", [name.description])
        var hosts: [RolloutHostState: Int] = [:]
        for row in rows { hosts[try RolloutHostState(rawValue: row.get(0))!] = try row.get(1) }
        return (state, hosts)
    }

    /// From now on every write fails, or none does.
    func setBroken(_ isBroken: Bool) throws { try connection.setBroken(isBroken) }

    func execute(_ sql: String, _ values: [any SQLiteConvertible & Sendable] = []) throws {
        try connection.execute(sql, values)
    }

    func rows(_ sql: String, _ values: [any SQLiteConvertible & Sendable] = []) throws -> [Row] {
        try connection.rows(sql, values)
    }

    func copy(to path: String) throws { try connection.backup(to: path) }
}

extension JobJournal {
    fileprivate func settleFiles() throws {
        _ = try database.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    }

    func relax() throws { try database.relax() }

    /// From now on every write fails, or none does.
    func setBroken(_ isBroken: Bool) throws { try database.setBroken(isBroken) }

    func execute(_ sql: String) throws { try database.execute(sql) }

    func rows(_ sql: String) throws -> [Row] { try database.rows(sql) }
}

extension Connection {
    /// A run ends with its process: nothing has to outlive the machine.
    func relax() throws {
        try execute("PRAGMA synchronous = OFF")
        _ = try rows("PRAGMA locking_mode = EXCLUSIVE")
    }

    fileprivate func setBroken(_ isBroken: Bool) throws {
        try execute("PRAGMA query_only = \(isBroken ? 1 : 0)")
    }
}

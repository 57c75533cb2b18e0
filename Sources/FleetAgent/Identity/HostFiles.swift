import FleetModel
import FleetRuntime

/// What in a state directory belongs to one host ID: its journal and its durable record. A machine that is enrolled again has a new
/// ID: what it was asked for under the one before it shall not do, and what it has not told of that it cannot tell as another. So that
/// is kept in `former/<host>`, and comes back if the machine becomes that host again.
public struct HostFiles {
    private static let names = ["journal.db", "spool.db"].flatMap { [$0, $0 + "-wal", $0 + "-shm"] }

    private struct Owner: Codable {
        var host: HostID
    }

    private let directory: String
    private let owner: StateFile<Owner>

    /// - Parameter directory: the agent's state directory, whose lock the caller holds.
    public init(in directory: String) {
        self.directory = directory
        owner = StateFile(path: directory + "/owner.json")
    }

    /// Puts this host's files in place, before any is opened; one that was interrupted goes on at the next start. Files of an agent that
    /// did not say whose they are count as this host's.
    /// - Returns: where those of another host are kept from now on; nil when there were none.
    public func take(for host: HostID) throws -> String? {
        let before = owner.read()?.host
        var kept: String?
        if let before, before != host {
            let former = former(before)
            try DurableFile.makeDirectory(former, mode: 0o700)
            try move(from: directory, to: former)
            kept = former
        }
        if before != host { try owner.write(Owner(host: host)) }
        if DurableFile.exists(former(host)) {
            try move(from: former(host), to: directory)
            // It stays where somebody has put more into it.
            try? DurableFile.remove(former(host))
        }
        return kept
    }

    private func former(_ host: HostID) -> String { "\(directory)/former/\(host)" }

    private func move(from source: String, to target: String) throws {
        for name in Self.names where DurableFile.exists("\(source)/\(name)") {
            try DurableFile.rename("\(source)/\(name)", to: "\(target)/\(name)")
        }
    }
}

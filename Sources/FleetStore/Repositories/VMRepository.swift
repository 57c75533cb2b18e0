import FleetModel
import FoundationEssentials
import SQLite

/// The VMs as their hosts described them.
struct VMRepository {
    let connection: Connection

    private static let select = """
        SELECT vms.document, vms.host, hosts.name, hosts.state, max(vms.received_at, coalesce(hosts.last_seen_at, 0))
        FROM vms JOIN hosts ON hosts.id = vms.host
        """

    func put(_ vm: VMDocument, of host: HostID, at time: Date) throws {
        try connection.execute(
            """
            INSERT INTO vms (host, id, name, document, received_at) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (host, id) DO UPDATE
            SET name = excluded.name, document = excluded.document, received_at = excluded.received_at
            """,
            [host.description, vm.id.description, vm.name, try FleetJSON.storedText(vm), time])
        try VMIdentityRepository(connection: connection).put(vm, of: host)
    }

    func remove(_ vm: VMID, of host: HostID) throws {
        try connection.execute("DELETE FROM vms WHERE host = ? AND id = ?", [host.description, vm.description])
    }

    /// Forgets what the host does not name.
    func keep(only vms: [VMID], of host: HostID) throws {
        for vm in try ids(of: host).subtracting(vms) { try remove(vm, of: host) }
    }

    func ids(of host: HostID) throws -> Set<VMID> {
        Set(try connection.rows("SELECT id FROM vms WHERE host = ?", [host.description]).map { try $0.id(0) })
    }

    /// By name.
    func documents(of host: HostID) throws -> [VMDocument] {
        try connection.rows("SELECT document FROM vms WHERE host = ? ORDER BY name, id", [host.description])
            .map { try $0.json(0) }
    }

    /// By host name, VM name and ID.
    func page(host: HostID?, after cursor: String?, limit: Int) throws -> Page<VMResource> {
        let after = try cursor.map { try Cursor.decode($0, count: 3) } ?? ["", "", ""]
        // Of one host by its key, not by going through the VMs of all.
        let ofHost = host == nil ? "" : "AND vms.host = ?5"
        return try Page.collect(limit: limit) { count in
            try connection.rows(
                """
                \(Self.select) WHERE (hosts.name, vms.name, vms.id) > (?, ?, ?) \(ofHost)
                ORDER BY hosts.name, vms.name, vms.id LIMIT ?4
                """,
                [after[0], after[1], after[2], count] + (host.map { [$0.description] } ?? [])
            ).map(resource)
        } key: {
            [$0.hostName.description, $0.vm.name, $0.vm.id.description]
        }
    }

    /// As each host that has it described it, the one heard of last first.
    func all(_ id: VMID) throws -> [VMResource] {
        try connection.rows("\(Self.select) WHERE vms.id = ? ORDER BY vms.received_at DESC", [id.description])
            .map(resource)
    }

    /// A UUID can be on two hosts after a move; the one heard of last counts, where the asked host has none.
    func find(_ id: VMID, on host: HostID? = nil) throws -> VMResource {
        let row = try connection.first(
            "\(Self.select) WHERE vms.id = ? ORDER BY vms.host = ? DESC, vms.received_at DESC LIMIT 1",
            [id.description, host?.description ?? ""])
        guard let row else { throw StoreError.notFound(kind: "VM", name: id.description) }
        return try resource(row)
    }

    private func resource(_ row: Row) throws -> VMResource {
        var resource = VMResource(
            vm: try row.json(0), host: try row.id(1), hostName: try row.id(2), hostState: try row.word(3),
            lastSeenAt: try row.get(4))
        let shared = try VMIdentityRepository(connection: connection).shared(resource.vm.id, of: resource.host)
        if !shared.isEmpty { resource.sharedIdentities = shared }
        return resource
    }
}

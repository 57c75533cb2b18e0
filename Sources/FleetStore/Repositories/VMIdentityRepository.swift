import FleetModel
import SQLite

/// What must be each VM's own: its UUID, its MAC addresses, its generation ID.
struct VMIdentityRepository {
    let connection: Connection

    func put(_ vm: VMDocument, of host: HostID) throws {
        let key = [host.description, vm.id.description]
        try connection.execute("DELETE FROM vm_identities WHERE host = ? AND id = ?", key)
        var identities: [(VMResource.SharedIdentity.Kind, String)] = [(.uuid, vm.id.description)]
        identities += Set(vm.macAddresses ?? []).map { (.mac, $0.description) }
        if let genID = vm.genID { identities.append((.genid, genID.uuidString.lowercased())) }
        for (kind, value) in identities {
            try connection.execute("INSERT INTO vm_identities VALUES (?, ?, ?, ?)", [kind.rawValue, value] + key)
        }
    }

    /// By kind, value, host and VM.
    func shared(_ vm: VMID, of host: HostID) throws -> [VMResource.SharedIdentity] {
        try connection.rows(
            """
            SELECT own.kind, own.value, other.id, vms.name, hosts.name
            FROM vm_identities own
            JOIN vm_identities other ON other.kind = own.kind AND other.value = own.value
                AND (other.host, other.id) <> (own.host, own.id)
            JOIN vms ON vms.host = other.host AND vms.id = other.id
            JOIN hosts ON hosts.id = other.host
            WHERE own.host = ? AND own.id = ?
            ORDER BY own.kind, own.value, hosts.name, vms.name
            """, [host.description, vm.description]
        ).map {
            VMResource.SharedIdentity(
                kind: try $0.word(0), value: try $0.get(1), vm: try $0.id(2), name: try $0.get(3),
                hostName: try $0.id(4))
        }
    }

    /// How many identities more than one VM has.
    func sharedCount() throws -> Int {
        try connection.first(
            "SELECT count(*) FROM (SELECT 1 FROM vm_identities GROUP BY kind, value HAVING count(*) > 1)"
        )?.get(0) ?? 0
    }
}

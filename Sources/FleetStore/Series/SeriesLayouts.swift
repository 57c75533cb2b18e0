import FleetModel
import SQLite

/// The layouts of all hosts: found in memory, else in the database, else made.
struct SeriesLayouts {
    private let connection: Connection
    private var current: [HostID: SeriesLayout] = [:]
    private var byID: [Int64: SeriesLayout] = [:]
    private var keyLists: [Int64: [String]] = [:]

    init(connection: Connection) { self.connection = connection }

    /// The layout to store a batch with: the host's last one while it fits.
    mutating func layout(for batch: MetricsBatch, of host: HostID) throws -> SeriesLayout {
        if let layout = current[host], layout.holds(batch) { return layout }
        let layout = try make(for: batch, of: host)
        current[host] = layout
        return layout
    }

    mutating func layout(_ id: Int64, of host: HostID) throws -> SeriesLayout {
        if let layout = byID[id] { return layout }
        guard let row = try connection.first("SELECT groups FROM layouts WHERE id = ?", [id]) else {
            throw SQLiteError(code: 11, message: "\(connection.path): layout \(id) is missing")
        }
        return try remember(id, try row.json(0))
    }

    private mutating func make(for batch: MetricsBatch, of host: HostID) throws -> SeriesLayout {
        var groups = [SeriesLayout.Group(vm: nil, list: try keyList(batch.host.keys.sorted()))]
        for (vm, values) in batch.vms.sorted(by: { $0.key < $1.key }) {
            groups.append(SeriesLayout.Group(vm: vm, list: try keyList(values.keys.sorted())))
        }
        let text = try FleetJSON.storedText(groups)
        try connection.execute(
            "INSERT INTO layouts (host, groups) VALUES (?, ?) ON CONFLICT DO NOTHING", [host.description, text])
        let row = try connection.first(
            "SELECT id FROM layouts WHERE host = ? AND groups = ?", [host.description, text])
        return try remember(try row?.get(0) ?? 0, groups)
    }

    private mutating func keyList(_ keys: [String]) throws -> Int64 {
        let text = try FleetJSON.storedText(keys)
        try connection.execute("INSERT INTO key_lists (keys) VALUES (?) ON CONFLICT DO NOTHING", [text])
        return try connection.first("SELECT id FROM key_lists WHERE keys = ?", [text])?.get(0) ?? 0
    }

    private mutating func remember(_ id: Int64, _ groups: [SeriesLayout.Group]) throws -> SeriesLayout {
        let layout = SeriesLayout(id: id, groups: try groups.map { ($0.vm, try keys(of: $0.list)) })
        byID[id] = layout
        return layout
    }

    private mutating func keys(of list: Int64) throws -> [String] {
        if let keys = keyLists[list] { return keys }
        let keys: [String] = try connection.first("SELECT keys FROM key_lists WHERE id = ?", [list])?.json(0) ?? []
        keyLists[list] = keys
        return keys
    }
}

import FleetModel
import FleetRuntime
import FleetStore
import FoundationEssentials

/// The fleet in Prometheus' text format: the latest batch of each host, with `host` and `vm` labels that carry names.
/// What is older than five minutes is left out, as Prometheus itself would forget it. So are rollouts that are over.
struct FleetMetrics: Sendable {
    static let freshness: TimeInterval = 300

    let store: FleetStore
    let now: Date

    func text() async throws -> String {
        var exposition = Exposition()
        try await everyPage {
            try await store.hosts(after: $0, limit: 500)
        } each: { host in
            try await add(host, to: &exposition)
        }
        for rollout in try await store.rolloutsUnderWay() { Self.add(rollout, to: &exposition) }
        exposition.add([Exposition.sharedIdentities: Double(try await store.sharedVMIdentities())])
        return exposition.text
    }

    private func add(_ host: HostResource, to exposition: inout Exposition) async throws {
        let label = "host=\"\(host.name)\""
        exposition.add(
            [
                Exposition.online: host.state == .online ? 1 : 0,
                Exposition.lost: host.state == .lost ? 1 : 0,
            ], label)
        if let seen = host.lastSeenAt {
            exposition.add([Exposition.lastSeen: seen.timeIntervalSince1970], label)
        }
        guard let latest = try await store.series.latest(of: host.id),
            now.timeIntervalSince(latest.receivedAt) < Self.freshness
        else { return }
        exposition.add(latest.batch.host, label)
        guard !latest.batch.vms.isEmpty else { return }
        var names: [VMID: String] = [:]
        try await everyPage {
            try await store.vms(host: host.id.description, after: $0, limit: 500)
        } each: {
            names[$0.vm.id] = $0.vm.name
        }
        for (vm, values) in latest.batch.vms {
            exposition.add(values, "\(label),vm=\"\(MetricsRegistry.escape(names[vm] ?? vm.description))\"")
        }
    }

    private static func add(_ rollout: RolloutResource, to exposition: inout Exposition) {
        let label = "rollout=\"\(rollout.name)\""
        exposition.add([Exposition.halted: rollout.state == .halted ? 1 : 0], label)
        for (state, count) in rollout.hosts.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            exposition.add([Exposition.rolloutHosts: Double(count)], "\(label),state=\"\(state.rawValue)\"")
        }
    }

    private func everyPage<Item>(
        _ read: (_ cursor: String?) async throws -> Page<Item>, each: (Item) async throws -> Void
    ) async throws {
        var cursor: String?
        repeat {
            let page = try await read(cursor)
            for item in page.items { try await each(item) }
            cursor = page.nextCursor
        } while cursor != nil
    }
}

/// Samples collected by metric, as the format wants them.
private struct Exposition {
    static let online = "virtfleet_host_online"
    static let lost = "virtfleet_host_lost"
    static let lastSeen = "virtfleet_host_last_seen_timestamp_seconds"
    static let halted = "virtfleet_rollout_halted"
    static let rolloutHosts = "virtfleet_rollout_hosts"
    static let sharedIdentities = "virtfleet_fleet_shared_vm_identities"

    private var families: [String: String] = [:]
    /// Hosts share their keys, so each is taken apart once.
    private var keys: [String: SeriesKey?] = [:]

    mutating func add(_ values: [String: Double], _ labels: String = "") {
        for (key, value) in values.sorted(by: { $0.key < $1.key }) {
            let known = keys[key] ?? SeriesKey(key)
            keys[key] = .some(known)
            guard let series = known else { continue }
            let all = [labels, series.labels].filter { !$0.isEmpty }.joined(separator: ",")
            families[series.name, default: ""] += "\(series.name){\(all)} \(value)\n"
        }
    }

    var text: String {
        families.sorted { $0.key < $1.key }.map { Self.head(of: $0.key) + $0.value }.joined()
    }

    /// What the catalogue says of a metric. One that it does not know (a newer agent's) is untyped.
    private static func head(of name: String) -> String {
        if let help = own[name] { return "# HELP \(name) \(help)\n# TYPE \(name) gauge\n" }
        guard let known = MetricCatalogue.description(ofSeries: name) else { return "# TYPE \(name) untyped\n" }
        return "# HELP \(name) \(known.help)\n# TYPE \(name) \(known.kind.rawValue)\n"
    }

    private static let own = [
        online: "Whether the host is online", lost: "Whether the host went without a farewell",
        lastSeen: "When the controller last heard of the host",
        halted: "Whether the rollout let so many hosts fail that it waits for somebody's word",
        rolloutHosts: "Hosts of the rollout, by where they stand",
        sharedIdentities: "UUIDs, MAC addresses and generation IDs that more than one VM has",
    ]
}

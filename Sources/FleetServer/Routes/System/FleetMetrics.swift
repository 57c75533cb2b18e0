import FleetModel
import FleetRuntime
import FleetStore
import FoundationEssentials

/// The fleet in Prometheus' text format: the latest batch of each host, with `host` and `vm` labels that carry names.
/// What is older than five minutes is left out, as Prometheus itself would forget it.
struct FleetMetrics: Sendable {
    static let freshness: TimeInterval = 300

    let store: FleetStore
    let now: Date

    func text() async throws -> String {
        var families: [String: [String]] = [:]
        var cursor: String?
        repeat {
            let page = try await store.hosts(after: cursor, limit: 500)
            for host in page.items { try await add(host, to: &families) }
            cursor = page.nextCursor
        } while cursor != nil
        return families.sorted { $0.key < $1.key }
            .map { "# TYPE \($0.key) \(Self.kind(of: $0.key))\n" + $0.value.joined(separator: "\n") + "\n" }
            .joined()
    }

    private func add(_ host: HostResource, to families: inout [String: [String]]) async throws {
        let label = "host=\"\(host.name)\""
        families["virtfleet_host_online", default: []].append(
            "virtfleet_host_online{\(label)} \(host.state == .online ? 1 : 0)")
        if let seen = host.lastSeenAt {
            families["virtfleet_host_last_seen_timestamp_seconds", default: []].append(
                "virtfleet_host_last_seen_timestamp_seconds{\(label)} \(seen.timeIntervalSince1970)")
        }
        guard let latest = try await store.series.latest(of: host.id),
            now.timeIntervalSince(latest.receivedAt) < Self.freshness
        else { return }
        Self.add(latest.batch.host, label, to: &families)
        guard !latest.batch.vms.isEmpty else { return }
        let names = try await names(of: host.id)
        for (vm, values) in latest.batch.vms {
            let name = MetricsRegistry.escape(names[vm] ?? vm.description)
            Self.add(values, "\(label),vm=\"\(name)\"", to: &families)
        }
    }

    private func names(of host: HostID) async throws -> [VMID: String] {
        var names: [VMID: String] = [:]
        var cursor: String?
        repeat {
            let page = try await store.vms(host: host.description, after: cursor, limit: 500)
            for item in page.items { names[item.vm.id] = item.vm.name }
            cursor = page.nextCursor
        } while cursor != nil
        return names
    }

    private static func add(_ values: [String: Double], _ labels: String, to families: inout [String: [String]]) {
        for (key, value) in values.sorted(by: { $0.key < $1.key }) {
            guard let series = SeriesKey(key) else { continue }
            let own = series.labels.isEmpty ? "" : "," + series.labels
            families[series.name, default: []].append("\(series.name){\(labels)\(own)} \(value)")
        }
    }

    /// By Prometheus' naming rules, which all keys follow.
    private static func kind(of name: String) -> String { name.hasSuffix("_total") ? "counter" : "gauge" }
}

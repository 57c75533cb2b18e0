import FleetModel
import FleetRuntime
import FoundationEssentials

/// Where the agent remembers its domains: one small JSON file in the state directory, replaced as a whole.
struct KnownDomainsFile: Sendable {
    private struct Content: Codable {
        var domains: [VMID: KnownDomain]
    }

    let path: String

    /// - Returns: nil when there is no file, or none that can be read: the next look is the baseline.
    func read() -> [VMID: KnownDomain]? {
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        return try? FleetJSON.decode(Content.self, from: data).domains
    }

    func write(_ domains: [VMID: KnownDomain]) throws {
        try DurableFile.replace(path, with: FleetJSON.encode(Content(domains: domains)), mode: 0o600)
    }
}

import FleetModel
import FleetRuntime
import FoundationEssentials

/// What the agent remembers of one thing: a small JSON file in the state directory, replaced as a whole.
struct StateFile<Content: Codable & Sendable>: Sendable {
    let path: String

    /// - Returns: nil when there is no file, or none that can be read: the next look is the baseline.
    func read() -> Content? {
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        return try? FleetJSON.decode(Content.self, from: data)
    }

    func write(_ content: Content) throws {
        try DurableFile.replace(path, with: FleetJSON.encode(content), mode: 0o600)
    }
}

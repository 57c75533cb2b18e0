/// Where a controller listens: `unix:/run/virtfleet/controller.sock` or `http://127.0.0.1:8620`.
public struct ControllerAddress: Hashable, LosslessStringConvertible, Sendable {
    public static let standard = ControllerAddress(unixSocket: "/run/virtfleet/controller.sock")
    public static let expectation = "unix:/PATH, http://HOST:PORT or https://HOST:PORT"

    public let description: String
    let unixSocket: String?
    /// What request paths are appended to.
    let base: String

    private init(unixSocket path: String) {
        self.init(description: "unix:" + path, unixSocket: path, base: "http://localhost")
    }

    private init(description: String, unixSocket: String?, base: String) {
        self.description = description
        self.unixSocket = unixSocket
        self.base = base
    }

    public init?(_ text: String) {
        if text.hasPrefix("unix:/") {
            self.init(unixSocket: String(text.dropFirst("unix:".count)))
            return
        }
        let trimmed = text.hasSuffix("/") ? String(text.dropLast()) : text
        guard let scheme = ["http://", "https://"].first(where: trimmed.hasPrefix) else { return nil }
        let authority = trimmed.dropFirst(scheme.count)
        // A user or a path would be dropped silently; only host and port count.
        guard !authority.isEmpty, !authority.contains(where: { "/?#@".contains($0) || $0.isWhitespace }) else {
            return nil
        }
        self.init(description: trimmed, unixSocket: nil, base: trimmed)
    }
}

import FleetRuntime

/// An HTTP client on libcurl: over TCP or a Unix socket, with bodies from and to memory, files or streams.
public enum HTTPMethod: String, Sendable {
    case get = "GET", post = "POST", put = "PUT", patch = "PATCH", delete = "DELETE"
}

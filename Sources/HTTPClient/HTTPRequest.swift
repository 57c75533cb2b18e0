public enum HTTPMethod: String, Sendable {
    case get = "GET", post = "POST", put = "PUT", patch = "PATCH", delete = "DELETE"
}

public struct HTTPRequest: Sendable {
    public enum Body: Sendable {
        case none
        case bytes([UInt8])
        /// `length` bytes of a file, from `offset` on.
        case file(path: String, offset: UInt64, length: UInt64)
    }

    public var method: HTTPMethod
    /// `http` or `https`, percent-encoded where it must be.
    public var url: String
    public var headers: [(String, String)]
    public var body: Body
    /// The path of a Unix socket to connect to, in place of the URL's host.
    public var unixSocket: String?
    public var connectTimeout: Duration
    /// Ends a transfer in which no byte moved for this long, the server's thinking included; whole seconds count.
    public var stallTimeout: Duration
    /// What `send` keeps of an answer; a longer one is an error. A download is bounded by its sink.
    public var maximumBodyBytes: Int

    public init(
        method: HTTPMethod = .get, url: String, headers: [(String, String)] = [], body: Body = .none,
        unixSocket: String? = nil, connectTimeout: Duration = .seconds(10), stallTimeout: Duration = .seconds(60),
        maximumBodyBytes: Int = 16 << 20
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.unixSocket = unixSocket
        self.connectTimeout = connectTimeout
        self.stallTimeout = stallTimeout
        self.maximumBodyBytes = maximumBodyBytes
    }

    /// What an error message calls it: `GET http://localhost/hosts over /run/socket`.
    var summary: String {
        "\(method.rawValue) \(url)" + (unixSocket.map { " over \($0)" } ?? "")
    }
}

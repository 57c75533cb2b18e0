import FleetRuntime

/// Where and as whom a `MosquittoBus` connects.
public struct MosquittoConfiguration: Equatable, Sendable {
    public struct TLS: Equatable, Sendable {
        /// PEM files. The broker's certificate must chain to `caFile` and name the host.
        public var caFile: String
        public var certificateFile: String?
        public var keyFile: String?

        public init(caFile: String, certificateFile: String? = nil, keyFile: String? = nil) {
            self.caFile = caFile
            self.certificateFile = certificateFile
            self.keyFile = keyFile
        }
    }

    public var host: String
    public var port: UInt16
    public var clientID: String
    public var username: String?
    public var password: String?
    public var tls: TLS?
    /// At least 5 s (libmosquitto's limit); a silent connection is given up after one and a half.
    public var keepAlive: Duration
    /// How long the broker keeps the session without a connection; with it, queued messages and the delayed will.
    public var sessionExpiry: Duration
    /// Forget what the broker kept. Fires the will of the session before, so agents keep it off.
    public var cleanStart: Bool
    /// From CONNECT to the last SUBACK.
    public var connectTimeout: Duration
    public var limits: BusLimits
    public var reconnect: ReconnectPolicy

    public init(
        host: String, port: UInt16, clientID: String, username: String? = nil, password: String? = nil,
        tls: TLS? = nil, keepAlive: Duration = .seconds(30), sessionExpiry: Duration = .seconds(120),
        cleanStart: Bool = false, connectTimeout: Duration = .seconds(15), limits: BusLimits = BusLimits(),
        reconnect: ReconnectPolicy = ReconnectPolicy()
    ) {
        self.host = host
        self.port = port
        self.clientID = clientID
        self.username = username
        self.password = password
        self.tls = tls
        self.keepAlive = keepAlive
        self.sessionExpiry = sessionExpiry
        self.cleanStart = cleanStart
        self.connectTimeout = connectTimeout
        self.limits = limits
        self.reconnect = reconnect
    }
}

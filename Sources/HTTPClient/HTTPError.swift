import CCurlShims

/// A transfer that brought no complete answer. An answer with an error status is an answer, not an `HTTPError`.
public struct HTTPError: Error, CustomStringConvertible, Sendable {
    public enum Kind: Equatable, Sendable {
        /// The name does not resolve, nobody listens, or the socket file is missing.
        case unreachable
        /// No connection within `connectTimeout`, or no byte for `stallTimeout`.
        case timedOut
        /// The connection broke or ended early; what was asked may have happened.
        case connectionLost
        /// TLS failed: certificate, CA or handshake.
        case security
        /// The request cannot be sent as it is: URL, scheme, header or limit.
        case invalidRequest
        /// The request's body file cannot be read.
        case unreadableBody
        /// The answer is longer than `maximumBodyBytes`.
        case tooLarge
        /// `onHead` or `sink` threw `underlying`.
        case refusedByReceiver
        /// The calling task was cancelled.
        case cancelled
        /// Anything else that libcurl reports.
        case failed
    }

    public let kind: Kind
    /// The request, as `GET http://...`.
    public let operation: String
    public let reason: String
    /// libcurl's CURLcode; 0 when the failure is not libcurl's.
    public let curlCode: Int
    public let underlying: (any Error)?

    init(_ kind: Kind, _ operation: String, _ reason: String, curlCode: Int = 0, underlying: (any Error)? = nil) {
        self.kind = kind
        self.operation = operation
        self.reason = reason
        self.curlCode = curlCode
        self.underlying = underlying
    }

    /// - Parameter detail: libcurl's error buffer; empty when it has nothing beyond the code's name.
    init(_ code: CURLcode, _ operation: String, detail: String) {
        let name = String(cString: curl_easy_strerror(code))
        self.init(
            Self.kind(of: code), operation, detail.isEmpty ? name : detail, curlCode: Int(code.rawValue))
    }

    public var description: String {
        let code = curlCode == 0 ? "" : " (curl error \(curlCode))"
        return "\(operation): \(reason)\(code)" + (advice.map { "; \($0)" } ?? "")
    }

    private var advice: String? {
        switch kind {
        case .unreachable: "check that the server runs and that the address is right"
        case .timedOut: "check the network between here and the server, then try again"
        case .connectionLost: "try again"
        case .security: "check the server's certificate and the configured CA file"
        case .unreadableBody: "check the file and its permissions"
        case .invalidRequest, .tooLarge, .refusedByReceiver, .cancelled, .failed: nil
        }
    }

    private static func kind(of code: CURLcode) -> Kind {
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT: .unreachable
        case CURLE_OPERATION_TIMEDOUT: .timedOut
        case CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_PARTIAL_FILE, CURLE_HTTP2,
            CURLE_HTTP2_STREAM:
            .connectionLost
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CIPHER,
            CURLE_SSL_CERTPROBLEM, CURLE_SSL_ISSUER_ERROR:
            .security
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL: .invalidRequest
        default: .failed
        }
    }
}

import CMicroHTTPD
import FleetModel

/// What libmicrohttpd knows when it has read a request's head; still percent-encoded.
struct RequestHead: Sendable {
    let method: String
    let path: String
    let query: [(name: String, value: String)]
    /// By lowercase name.
    let headers: [String: String]
    let peer: Peer

    init(connection: OpaquePointer, method: UnsafePointer<CChar>, path: UnsafePointer<CChar>) {
        self.method = String(cString: method)
        self.path = String(cString: path)
        query = Self.values(connection, .GET_ARGUMENT_KIND)
        headers = Dictionary(
            Self.values(connection, .HEADER_KIND).map { ($0.name.lowercased(), $0.value) },
            uniquingKeysWith: { "\($0), \($1)" })
        peer = Peer(socket: virtfleet_connection_socket(connection))
    }

    /// The length of the body: 0 when there is none, nil when the client did not say.
    var declaredLength: UInt64? {
        if headers["transfer-encoding"] != nil { return nil }
        return headers["content-length"].flatMap { UInt64($0) } ?? 0
    }

    private static func values(_ connection: OpaquePointer, _ kind: MHD_ValueKind) -> [(name: String, value: String)] {
        var values: [(name: String, value: String)] = []
        withUnsafeMutablePointer(to: &values) { pointer in
            _ = MHD_get_connection_values(connection, kind, collectThunk, pointer)
        }
        return values
    }
}

private let collectThunk: MHD_KeyValueIterator = { context, _, name, value in
    guard let context, let name else { return .YES }
    context.assumingMemoryBound(to: [(name: String, value: String)].self).pointee.append(
        (String(cString: name), value.map { String(cString: $0) } ?? ""))
    return .YES
}

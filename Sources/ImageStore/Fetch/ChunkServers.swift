import HTTPClient

/// Web servers that hold the same store: any that serve files.
public struct ChunkServers: Sendable {
    /// URLs of the store's directory, in the order in which they are asked.
    public let mirrors: [String]
    /// What stands behind `Authorization: Bearer`.
    public let token: String?
    /// A PEM file to trust in place of the system's.
    public let certificateAuthority: String?

    /// - Parameter mirrors: `http` or `https`, at least one.
    public init(mirrors: [String], token: String? = nil, certificateAuthority: String? = nil) {
        self.mirrors = mirrors.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
        self.token = token
        self.certificateAuthority = certificateAuthority
    }

    /// - Parameter longest: an answer that is longer is none.
    func request(for id: ChunkID, at mirror: Int, longest: Int) -> HTTPRequest {
        let headers = token.map { [("Authorization", "Bearer \($0)")] } ?? []
        return HTTPRequest(
            url: "\(mirrors[mirror])/\(ChunkStore.name(of: id))", headers: headers, stallTimeout: .seconds(30),
            maximumBodyBytes: longest)
    }
}

/// Where the chunks of an image are.
public enum ChunkSource: Sendable {
    case directory(ChunkStore)
    case servers(ChunkServers)
}

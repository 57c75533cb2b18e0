import FleetModel

/// Where a host gets its base images. The first form downloads whole files; one that moves chunks fits in its place.
public protocol ImageStore: Sendable {
    /// The path of the verified, read-only image; nil when the host does not have it.
    func image(_ reference: ImageReference) async -> String?

    /// Brings the image to this host, once, however many ask for it; goes on where an earlier attempt stopped.
    /// - Parameter progress: called on an unspecified thread, in order, from the first byte to the last.
    /// - Returns: the path of the verified, read-only image.
    func fetch(
        _ reference: ImageReference, from source: ImageSource, progress: @escaping @Sendable (ImageProgress) -> Void
    ) async throws(ImageError) -> String

    /// Bytes that fetching the image will still take from the file system that holds `path`; 0 when the store is in
    /// another one.
    func bytesToFetch(_ reference: ImageReference, inFileSystemOf path: String) async -> UInt64
}

/// The controller's image listener: `GET <url>/images/<digest>` with a bearer token and byte ranges.
public struct ImageSource: Equatable, Sendable {
    /// Scheme, host and port, without a slash at the end.
    public var url: String
    /// The host's own token.
    public var token: String

    public init(url: String, token: String) {
        self.url = url
        self.token = token
    }

    func url(of digest: Digest) -> String { "\(url)/images/\(digest)" }
}

public struct ImageProgress: Equatable, Sendable {
    /// Bytes on this host's disk.
    public var receivedBytes: UInt64
    public var totalBytes: UInt64

    public init(receivedBytes: UInt64, totalBytes: UInt64) {
        self.receivedBytes = receivedBytes
        self.totalBytes = totalBytes
    }
}

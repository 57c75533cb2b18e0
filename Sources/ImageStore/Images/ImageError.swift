import FleetRuntime
import HTTPClient
import Subprocess

/// Why there is no usable image.
public struct ImageError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A stable word.
    public enum Code: String, Sendable {
        /// The source cannot be reached, or the transfer broke: trying again goes on where it stopped.
        case unreachable = "image-unreachable"
        /// The source answered, but not with the image.
        case refused = "image-refused"
        case wrongSize = "image-wrong-size"
        case wrongDigest = "image-wrong-digest"
        case noSpace = "no-space"
        /// Not an image that a VM may be built on: damaged, of another format, or made of more than this one file.
        case unusable = "image-unusable"
        /// The local system refused: a file operation, or qemu-img is missing.
        case system = "image-store"
        case cancelled
    }

    public let code: Code
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// Trying again later may help without anybody doing anything.
    public var isTransient: Bool { code == .unreachable }
    public var description: String { message }

    init(_ error: FileError) {
        self.init(error.isFull ? .noSpace : .system, error.description)
    }

    init(_ error: SubprocessError) {
        switch error {
        case .cancelled: self.init(.cancelled, error.description)
        case .notFound, .cannotStart: self.init(.system, error.description)
        case .timedOut, .outputTooLarge, .failed: self.init(.unusable, error.description)
        }
    }

    init(_ error: HTTPError) {
        if let cause = error.underlying as? ImageError {
            self = cause
            return
        }
        switch error.kind {
        case .cancelled: self.init(.cancelled, error.description)
        case .unreachable, .timedOut, .connectionLost: self.init(.unreachable, error.description)
        default: self.init(.refused, error.description)
        }
    }
}

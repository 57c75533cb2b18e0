import FleetModel

/// Why a key could not be used, or an envelope not be believed.
public enum SigningError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A key file cannot be read, written or understood.
    case keyFile(path: String, String)
    /// Not an envelope, or none of the expected type.
    case malformed(String)
    case tooLarge(bytes: Int, limit: Int)
    /// None of the signatures names a key that is trusted here.
    case noKey
    /// A trusted key is named, but the signature is not its.
    case badSignature
    /// libcrypto refused an operation.
    case crypto(String)

    public var description: String {
        switch self {
        case .keyFile(let path, let problem): "key file \(path): \(problem)"
        case .malformed(let problem): "malformed envelope: \(problem)"
        case .tooLarge(let bytes, let limit): "envelope of \(bytes) bytes; at most \(limit) are taken"
        case .noKey: "signed by no key that is trusted here; compare the key IDs of controller and agent.yaml"
        case .badSignature: "the signature does not match the content; it was changed on its way"
        case .crypto(let operation): "libcrypto refused: \(operation)"
        }
    }

    /// The stable word for a refused envelope; nil for errors that are about no envelope.
    public var refusal: EnvelopeRefusal? {
        switch self {
        case .malformed: .malformed
        case .tooLarge: .tooLarge
        case .noKey: .noKey
        case .badSignature: .badSignature
        case .keyFile, .crypto: nil
        }
    }
}

import FleetModel
import FoundationEssentials

/// A signed document: a DSSE envelope (https://github.com/secure-systems-lab/dsse).
public struct Envelope: Codable, Equatable, Sendable {
    public struct Signature: Codable, Equatable, Sendable {
        /// A hint which key to try; not covered by the signature, and never trusted.
        public var keyid: String
        /// Base64.
        public var sig: String
    }

    public var payloadType: String
    /// Base64.
    public var payload: String
    public var signatures: [Signature]

    /// Signs a payload with each of the keys: whoever trusts one of them believes it.
    public init(signing payload: [UInt8], type: String, with keys: [SigningKey]) throws(SigningError) {
        let message = Self.preAuthenticationEncoding(type: type, payload: payload)
        payloadType = type
        self.payload = Data(payload).base64EncodedString()
        signatures = []
        for key in keys {
            let signature = Data(try key.sign(message)).base64EncodedString()
            signatures.append(Signature(keyid: key.verifyingKey.keyID, sig: signature))
        }
    }

    /// Reads an envelope as it travels. Nothing in it is to be believed before `open`.
    public init(json: [UInt8], maximumBytes: Int) throws(SigningError) {
        guard json.count <= maximumBytes else { throw .tooLarge(bytes: json.count, limit: maximumBytes) }
        do {
            self = try FleetJSON.decode(Envelope.self, from: Data(json))
        } catch {
            throw .malformed("\(error)")
        }
    }

    public func json() throws -> [UInt8] { [UInt8](try FleetJSON.encode(self)) }

    /// The payload, once one of the keys is found to have signed it as this type.
    public func open(expectedType: String, keys: [VerifyingKey]) throws(SigningError) -> [UInt8] {
        guard payloadType == expectedType else {
            throw .malformed("payload type '\(payloadType.prefix(80))' instead of '\(expectedType)'")
        }
        guard let payload = Self.decode(base64: payload) else { throw .malformed("the payload is not base64") }
        let message = Self.preAuthenticationEncoding(type: payloadType, payload: payload)
        var keyKnown = false
        for signature in signatures {
            for key in keys where key.keyID == signature.keyid {
                keyKnown = true
                if let bytes = Self.decode(base64: signature.sig), key.verifies(bytes, of: message) { return payload }
            }
        }
        throw keyKnown ? .badSignature : .noKey
    }

    /// What is signed (PAE of the DSSE protocol): `DSSEv1 SP LEN(type) SP type SP LEN(body) SP body`.
    static func preAuthenticationEncoding(type: String, payload: [UInt8]) -> [UInt8] {
        Array("DSSEv1 \(type.utf8.count) \(type) \(payload.count) ".utf8) + payload
    }

    /// The protocol lets a signer choose the standard or the URL-safe alphabet.
    private static func decode(base64 text: String) -> [UInt8]? {
        let standard = text.utf8.map { byte -> UInt8 in
            switch byte {
            case UInt8(ascii: "-"): UInt8(ascii: "+")
            case UInt8(ascii: "_"): UInt8(ascii: "/")
            default: byte
            }
        }
        return Data(base64Encoded: Data(standard)).map { [UInt8]($0) }
    }
}

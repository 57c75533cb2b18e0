import FleetModel
import FoundationEssentials
import Signing
import Testing

@Suite struct EnvelopeTests {
    let key: SigningKey
    let payload = Array(#"{"jobs":[],"revision":7}"#.utf8)
    let type = "application/vnd.example+json"

    init() throws { key = try SigningKey.generate() }

    func sealed() throws -> [UInt8] { try Envelope(signing: payload, type: type, with: [key]).json() }

    func open(_ json: [UInt8], keys: [VerifyingKey]? = nil) throws(SigningError) -> [UInt8] {
        try Envelope(json: json, maximumBytes: 4096).open(expectedType: type, keys: keys ?? [key.verifyingKey])
    }

    @Test func `what was signed is what is opened`() throws {
        #expect(try open(sealed()) == payload)
    }

    @Test func `its members are those of the DSSE specification`() throws {
        let value = try FleetJSON.decode(JSONValue.self, from: Data(sealed()))
        #expect(value["payloadType"] == .string(type))
        #expect(value["payload"] == .string(Data(payload).base64EncodedString()))
        guard case .array(let signatures) = value["signatures"] else {
            Issue.record("signatures is not an array")
            return
        }
        #expect(signatures.count == 1)
        #expect(signatures.first?["keyid"] == .string(key.verifyingKey.keyID))
        #expect(signatures.first?["sig"]?.stringValue.flatMap { Data(base64Encoded: $0) }?.count == 64)
    }

    /// A changed byte is refused, unless it changes nothing that counts (the unused bits of the last base64 digit).
    @Test func `no changed byte changes the content unnoticed`() throws {
        let sealed = try sealed()
        var refused = 0
        for index in sealed.indices {
            for flip: UInt8 in [0x01, 0x02, 0x20, 0x80] {
                var tampered = sealed
                tampered[index] ^= flip
                do {
                    #expect(try open(tampered) == payload, "byte \(index)")
                } catch {
                    refused += 1
                }
            }
        }
        #expect(refused > sealed.count * 3)
    }

    @Test func `no changed byte of the payload or the signature passes`() throws {
        for index in payload.indices {
            var tampered = payload
            tampered[index] ^= 1
            var envelope = try Envelope(signing: payload, type: type, with: [key])
            envelope.payload = Data(tampered).base64EncodedString()
            #expect(throws: SigningError.badSignature) { try open(envelope.json()) }
        }
        let signature = try key.sign(payload)
        for index in signature.indices {
            var tampered = signature
            tampered[index] ^= 1
            #expect(!key.verifyingKey.verifies(tampered, of: payload), "byte \(index)")
        }
    }

    @Test func `a cut envelope is refused at every length`() throws {
        let sealed = try sealed()
        for count in 0..<sealed.count { #expect(throws: SigningError.self) { try open(Array(sealed.prefix(count))) } }
    }

    @Test func `a payload signed as one type is not opened as another`() throws {
        var envelope = try Envelope(signing: payload, type: "application/other", with: [key])
        #expect(throws: SigningError.self) { try open(envelope.json()) }
        envelope.payloadType = type
        #expect(throws: SigningError.badSignature) { try open(envelope.json()) }
    }

    @Test func `without a key, or with a stranger's, nothing opens`() throws {
        #expect(throws: SigningError.noKey) { try open(sealed(), keys: []) }
        #expect(throws: SigningError.noKey) { try open(sealed(), keys: [SigningKey.generate().verifyingKey]) }
        var forged = try Envelope(signing: payload, type: type, with: [SigningKey.generate()])
        forged.signatures[0].keyid = key.verifyingKey.keyID
        #expect(throws: SigningError.badSignature) { try open(forged.json()) }
        forged.signatures = []
        #expect(throws: SigningError.noKey) { try open(forged.json()) }
    }

    @Test func `one good signature among several is enough, and either key of a change of keys opens`() throws {
        let next = try SigningKey.generate()
        var envelope = try Envelope(signing: payload, type: type, with: [key])
        envelope.signatures.append(contentsOf: try Envelope(signing: payload, type: type, with: [next]).signatures)
        for trusted in [key, next] {
            #expect(try open(envelope.json(), keys: [trusted.verifyingKey]) == payload)
        }
        envelope.signatures[0].sig = "AAAA"
        #expect(try open(envelope.json(), keys: [key.verifyingKey, next.verifyingKey]) == payload)
    }

    @Test func `the URL-safe alphabet is understood`() throws {
        let payload: [UInt8] = [0xFB, 0xEF, 0xFF, 0xFE]
        var envelope = try Envelope(signing: payload, type: type, with: [key])
        envelope.payload = envelope.payload.replacing("+", with: "-").replacing("/", with: "_")
        #expect(envelope.payload.contains("-") || envelope.payload.contains("_"))
        #expect(try open(envelope.json()) == payload)
    }

    @Test func `an envelope past the limit is refused unread`() throws {
        let sealed = try sealed()
        #expect(throws: SigningError.tooLarge(bytes: sealed.count, limit: sealed.count - 1)) {
            try Envelope(json: sealed, maximumBytes: sealed.count - 1)
        }
    }
}

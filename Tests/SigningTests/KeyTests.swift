import FleetModel
import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import Glibc
import Signing
import Testing

@Suite struct KeyTests {
    let directory: TemporaryDirectory
    init() throws { directory = try TemporaryDirectory() }

    @Test func `saved keys are read back in their order, and only their owner may read them`() throws {
        let path = directory.file("signing.pem")
        let keys = [try SigningKey.generate(), try SigningKey.generate()]
        for count in [1, 2, 1] {
            try KeyRing(Array(keys.prefix(count))).save(to: path)
            #expect(try KeyRing(path: path).verifyingKeys == keys.prefix(count).map(\.verifyingKey))
            var status = stat()
            try #require(stat(path, &status) == 0)
            #expect(status.st_mode & 0o777 == 0o600)
        }
    }

    @Test func `keys that cannot be saved leave the file as it was`() throws {
        let path = directory.file("signing.pem")
        let key = try SigningKey.generate()
        try KeyRing([key]).save(to: path)
        #expect(mkdir(path + ".part", 0o700) == 0)
        #expect(throws: FileError.self) { try KeyRing([.generate(), .generate()]).save(to: path) }
        #expect(try KeyRing(path: path).verifyingKeys == [key.verifyingKey])
    }

    @Test func `a file that goes on after a key with something else is refused`() throws {
        let path = directory.file("signing.pem")
        try KeyRing([.generate()]).save(to: path)
        let text = try String(contentsOfFile: path, encoding: .utf8)
        for tail in ["x\n", String(text.dropLast(30)), "-----BEGIN PRIVATE KEY-----\n"] {
            try (text + tail).write(toFile: path, atomically: false, encoding: .utf8)
            #expect(throws: SigningError.self) { try KeyRing(path: path) }
        }
    }

    @Test func `what two keys have signed is believed by whoever trusts one of them`() throws {
        let keys = [try SigningKey.generate(), try SigningKey.generate()]
        let set = JobSet(
            fleet: FleetName("plant")!, host: .random(), revision: 1, issuedAt: Date(timeIntervalSince1970: 0),
            expiresAt: Date(timeIntervalSince1970: 60), jobs: [])
        let json = try KeyRing(keys).seal(set)
        let envelope = try Envelope(json: json, maximumBytes: 1 << 20)
        #expect(envelope.signatures.map(\.keyid) == keys.map(\.verifyingKey.keyID))
        for key in keys {
            let opened = try envelope.open(expectedType: JobSet.payloadType, keys: [key.verifyingKey])
            #expect(try FleetJSON.decode(JobSet.self, from: Data(opened)) == set)
        }
        let stranger = try SigningKey.generate().verifyingKey
        #expect(throws: SigningError.noKey) {
            try envelope.open(expectedType: JobSet.payloadType, keys: [stranger])
        }
    }

    @Test(arguments: ["", "nonsense", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
    func `what is no key is refused by name`(content: String) throws {
        let path = directory.file("signing.pem")
        try content.write(toFile: path, atomically: false, encoding: .utf8)
        #expect(throws: SigningError.keyFile(path: path, "is not an Ed25519 private key in PEM (PKCS #8)")) {
            try KeyRing(path: path)
        }
        #expect(throws: SigningError.self) { try KeyRing(path: directory.file("absent.pem")) }
    }

    @Test func `a public key survives its text form`() throws {
        let key = try SigningKey.generate().verifyingKey
        #expect(VerifyingKey(key.description) == key)
        #expect(try FleetJSON.decode(VerifyingKey.self, from: FleetJSON.encode(key)) == key)
        #expect(key.keyID.utf8.count == 16)
    }

    @Test(arguments: ["", "AAAA", "not base64!", String(repeating: "A", count: 42), String(repeating: "A", count: 44)])
    func `what is no public key is refused`(text: String) {
        #expect(VerifyingKey(text) == nil)
    }

    @Test(arguments: [0, 1, 63, 65]) func `a signature of another length verifies nothing`(count: Int) throws {
        let key = try SigningKey.generate().verifyingKey
        #expect(!key.verifies([UInt8](repeating: 0, count: count), of: []))
    }

    /// The two programs must agree in both directions.
    @Test func `openssl reads our key, verifies our signature, and we verify its`() throws {
        let key = try SigningKey.generate()
        let pem = directory.file("signing.pem")
        let publicKey = directory.file("public.pem")
        let message = directory.file("message")
        try KeyRing([key]).save(to: pem)
        try "what was said".write(toFile: message, atomically: false, encoding: .utf8)
        #expect(openssl("pkey -in \(pem) -pubout -out \(publicKey)"))

        let ours = directory.file("ours.sig")
        try Data(key.sign(Array("what was said".utf8))).write(to: URL(filePath: ours))
        #expect(openssl("pkeyutl -verify -pubin -inkey \(publicKey) -rawin -in \(message) -sigfile \(ours)"))

        let theirs = directory.file("theirs.sig")
        #expect(openssl("pkeyutl -sign -inkey \(pem) -rawin -in \(message) -out \(theirs)"))
        let signature = [UInt8](try Data(contentsOf: URL(filePath: theirs)))
        #expect(key.verifyingKey.verifies(signature, of: Array("what was said".utf8)))

        let made = directory.file("made.pem")
        #expect(openssl("genpkey -algorithm ed25519 -out \(made)"))
        #expect(throws: Never.self) { try KeyRing(path: made) }
    }

    private func openssl(_ arguments: String) -> Bool {
        system("openssl \(arguments) >\(directory.file("log")) 2>&1") == 0
    }
}

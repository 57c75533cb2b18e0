import FleetModel
import FleetTestSupport
import FoundationEssentials
import Glibc
import Signing
import Testing

@Suite struct KeyTests {
    let directory: TemporaryDirectory
    init() throws { directory = try TemporaryDirectory() }

    @Test func `a saved key is read back, and only its owner may read it`() throws {
        let key = try SigningKey.generate()
        let path = directory.file("signing.pem")
        try key.save(to: path)
        #expect(try SigningKey(path: path).verifyingKey == key.verifyingKey)
        var status = stat()
        try #require(stat(path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
    }

    @Test func `a key is never overwritten`() throws {
        let path = directory.file("signing.pem")
        try SigningKey.generate().save(to: path)
        let before = try String(contentsOfFile: path, encoding: .utf8)
        let other = try SigningKey.generate()
        #expect(throws: SigningError.keyFile(path: path, "cannot be made: File exists")) { try other.save(to: path) }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == before)
    }

    @Test(arguments: ["", "nonsense", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
    func `what is no key is refused by name`(content: String) throws {
        let path = directory.file("signing.pem")
        try content.write(toFile: path, atomically: false, encoding: .utf8)
        #expect(throws: SigningError.keyFile(path: path, "is not an Ed25519 private key in PEM (PKCS #8)")) {
            try SigningKey(path: path)
        }
        #expect(throws: SigningError.self) { try SigningKey(path: directory.file("absent.pem")) }
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
        try key.save(to: pem)
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
        #expect(throws: Never.self) { try SigningKey(path: made) }
    }

    private func openssl(_ arguments: String) -> Bool {
        system("openssl \(arguments) >\(directory.file("log")) 2>&1") == 0
    }
}

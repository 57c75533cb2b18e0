import FoundationEssentials

extension MosquittoBroker {
    /// The broker that config/mosquitto shows, as it stands there: only its files lie in a directory of the test's, its
    /// port is a free one of loopback, and its fleet is `test`.
    /// - Parameter authority: signs the broker's certificate, and must have signed those of its clients.
    public convenience init(example authority: CertificateAuthority) async throws {
        try Isolation.require()
        let directory = try TemporaryDirectory()
        let port = LoopbackPort.free()
        let identity = try await authority.issue("broker")
        for (file, name) in [
            (identity.caFile, "ca.pem"), (identity.certificateFile, "broker.pem"), (identity.keyFile, "broker.key"),
        ] {
            guard let file else { continue }
            try FileManager.default.copyItem(atPath: file, toPath: directory.file(name))
        }
        let acl = try Self.example("acl", ["vf/1/default/": "vf/1/test/"])
        let configuration = try Self.example(
            "mosquitto.conf",
            [
                "listener 8883": "listener \(port) 127.0.0.1", "/etc/mosquitto/virtfleet": directory.path,
                "/var/lib/mosquitto": directory.path,
            ])
        try Self.write(acl, to: directory.file("acl"))
        // Otherwise it would become a user who cannot read the test's files.
        try Self.write(configuration + "user root\n", to: directory.file("conf"))
        try await self.init(port: port, in: directory)
    }

    /// The text of an example, with what belongs to the machine replaced.
    private static func example(_ name: String, _ replacements: [String: String]) throws -> String {
        let path = #filePath.replacing(
            "Sources/FleetTestSupport/MosquittoBroker+Example.swift", with: "config/mosquitto/\(name)")
        return try replacements.reduce(try String(contentsOfFile: path, encoding: .utf8)) { text, replacement in
            guard text.contains(replacement.key) else {
                throw DidNotStart(description: "\(path) does not mention \(replacement.key)")
            }
            return text.replacing(replacement.key, with: replacement.value)
        }
    }
}

import MessageBus
import Subprocess

/// A certificate authority of one test, made with openssl. Its files go with it.
public final class CertificateAuthority: Sendable {
    private let directory: TemporaryDirectory

    public init() async throws {
        directory = try TemporaryDirectory()
        try await openssl(
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", directory.file("ca.key"), "-out",
            directory.file("ca.pem"), "-days", "1", "-subj", "/CN=authority of a test")
    }

    /// A certificate for 127.0.0.1 with this common name; good for servers and clients.
    public func issue(_ commonName: String) async throws -> MosquittoConfiguration.TLS {
        let (certificate, key, request) = (
            directory.file("\(commonName).pem"), directory.file("\(commonName).key"), directory.file("request")
        )
        try await openssl(
            "req", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", request, "-subj", "/CN=\(commonName)",
            "-addext", "subjectAltName=IP:127.0.0.1")
        try await openssl(
            "x509", "-req", "-in", request, "-CA", directory.file("ca.pem"), "-CAkey", directory.file("ca.key"),
            "-CAcreateserial", "-out", certificate, "-days", "1", "-copy_extensions", "copy")
        return MosquittoConfiguration.TLS(
            caFile: directory.file("ca.pem"), certificateFile: certificate, keyFile: key)
    }

    private func openssl(_ arguments: String...) async throws {
        _ = try await Subprocess.run("openssl", arguments).successful()
    }
}

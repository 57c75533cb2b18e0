import FoundationEssentials
import Glibc
import MessageBus
import Subprocess

/// A real nginx of one test that serves a directory, on a port of its own; killed and removed with the value.
public final class NginxServer: Sendable {
    public struct DidNotStart: Error, CustomStringConvertible { public let description: String }

    private let directory: TemporaryDirectory
    private let child: ChildProcess
    private let port: UInt16
    private let scheme: String

    /// Returns when it accepts connections.
    /// - Parameters:
    ///   - tls: HTTP/2 over TLS in place of HTTP/1.1.
    ///   - rate: bytes a second of each connection.
    public init(serving root: String, tls: MosquittoConfiguration.TLS? = nil, rate: Int = 0) async throws {
        try Isolation.require()
        let (directory, port) = (try TemporaryDirectory(), LoopbackPort.free())
        (self.directory, self.port) = (directory, port)
        scheme = tls == nil ? "http" : "https"
        let certificate =
            tls.map { "ssl_certificate \($0.certificateFile ?? ""); ssl_certificate_key \($0.keyFile ?? "");" } ?? ""
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map {
            "\($0)_temp_path \(directory.file($0));"
        }
        let configuration = """
            daemon off; user root; pid \(directory.file("pid")); error_log \(directory.file("error"));
            worker_processes 1;
            events { worker_connections 256; }
            http {
                \(temporary.joined(separator: " "))
                log_format requests '$connection $server_protocol $status $uri';
                access_log \(directory.file("access")) requests;
                sendfile on; keepalive_requests 100000; limit_rate \(rate);
                server { listen 127.0.0.1:\(port)\(tls == nil ? "" : " ssl http2"); \(certificate) root \(root); }
            }
            """
        try Data(configuration.utf8).write(to: URL(filePath: directory.file("conf")))
        child = try ChildProcess(
            "/usr/sbin/nginx", ["-c", directory.file("conf")], output: .file(directory.file("log")))
        let child = child
        guard try await eventually({ LoopbackPort.accepts(port) || child.exit != nil }), child.exit == nil else {
            let log = try? String(contentsOfFile: directory.file("error"), encoding: .utf8)
            throw DidNotStart(description: "nginx does not start: \(log ?? "")")
        }
    }

    deinit { child.signal(SIGKILL) }

    public var url: String { "\(scheme)://127.0.0.1:\(port)" }

    public struct Request: Equatable, Sendable {
        public var connection, version, status, path: String
    }

    /// What it has answered so far.
    public var requests: [Request] {
        let log = (try? String(contentsOfFile: directory.file("access"), encoding: .utf8)) ?? ""
        return log.split(separator: "\n").map { line in
            let words = line.split(separator: " ").map(String.init)
            return Request(connection: words[0], version: words[1], status: words[2], path: words[3])
        }
    }
}

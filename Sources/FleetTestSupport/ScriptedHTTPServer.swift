import FleetRuntime
import Glibc
import Synchronization

/// A small HTTP/1.1 server whose answers a test writes, byte by byte where it wants to. It keeps connections open,
/// answers `Expect: 100-continue` and records every request. One thread per connection; ends with the value.
public final class ScriptedHTTPServer: Sendable {
    public struct Request: Equatable, Sendable {
        public var method: String
        /// Path and query, as sent.
        public var target: String
        /// By lowercase name.
        public var headers: [String: String]
        public var body: [UInt8]

        public var bodyText: String { String(decoding: body, as: UTF8.self) }
        public var path: String { String(target.prefix { $0 != "?" }) }
    }

    public enum Address: Sendable {
        /// 127.0.0.1 and a free port.
        case loopback
        case unixSocket(String)
    }

    public typealias Handler = @Sendable (Request, HTTPExchange) -> Void

    public let port: UInt16
    private let listener: Int32
    private let shared: Shared

    final class Shared: Sendable {
        let handler: Handler
        let state = Mutex((requests: [Request](), connections: Set<Int32>(), accepted: 0, stopped: false))
        init(handler: @escaping Handler) { self.handler = handler }
    }

    public init(_ address: Address = .loopback, handler: @escaping Handler) throws {
        (listener, port) = try Self.listen(address)
        shared = Shared(handler: handler)
        startThread { [listener, shared] in Self.accept(listener, shared) }
    }

    deinit {
        let connections = shared.state.withLock { state in
            state.stopped = true
            return state.connections
        }
        for connection in connections { shutdown(connection, Int32(SHUT_RDWR)) }
        shutdown(listener, Int32(SHUT_RDWR))
    }

    public var url: String { "http://127.0.0.1:\(port)" }
    public var requests: [Request] { shared.state.withLock(\.requests) }
    /// How many connections clients have made.
    public var connectionCount: Int { shared.state.withLock(\.accepted) }

    private static func accept(_ listener: Int32, _ shared: Shared) {
        defer { close(listener) }
        while true {
            let connection = Glibc.accept(listener, nil, nil)
            if connection < 0 { return }
            let stopped = shared.state.withLock { state in
                state.connections.insert(connection)
                state.accepted += 1
                return state.stopped
            }
            if stopped { shutdown(connection, Int32(SHUT_RDWR)) }
            startThread {
                serve(connection, shared)
                shared.state.withLock { _ = $0.connections.remove(connection) }
                close(connection)
            }
        }
    }

    private static func serve(_ connection: Int32, _ shared: Shared) {
        var reader = RequestReader(connection: connection)
        while let request = reader.next() {
            shared.state.withLock { $0.requests.append(request) }
            let exchange = HTTPExchange(connection: connection)
            shared.handler(request, exchange)
            if exchange.isClosed { return }
        }
    }

    private static func listen(_ address: Address) throws -> (Int32, UInt16) {
        switch address {
        case .loopback:
            var name = sockaddr_in()
            name.sin_family = sa_family_t(AF_INET)
            name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            let descriptor = try bound(AF_INET, &name)
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            _ = withUnsafeMutablePointer(to: &name) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
            }
            return (descriptor, UInt16(bigEndian: name.sin_port))
        case .unixSocket(let path):
            var name = sockaddr_un()
            name.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: path.utf8) }
            return (try bound(AF_UNIX, &name), 0)
        }
    }

    private static func bound<Name>(_ family: Int32, _ name: inout Name) throws -> Int32 {
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        let code = withUnsafePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<Name>.size))
            }
        }
        guard code == 0, Glibc.listen(descriptor, 16) == 0 else {
            throw ListenError(reason: String(cString: strerror(errno)))
        }
        return descriptor
    }

    struct ListenError: Error { let reason: String }
}

/// Where a handler writes its answer.
public final class HTTPExchange: Sendable {
    private let connection: Int32
    private let closed = Atomic<Bool>(false)

    init(connection: Int32) { self.connection = connection }

    public func respond(_ status: Int, _ headers: [(String, String)] = [], body: [UInt8] = []) {
        let fields = (headers + [("Content-Length", "\(body.count)")]).map { "\($0): \($1)\r\n" }.joined()
        write(Array("HTTP/1.1 \(status) Scripted\r\n\(fields)\r\n".utf8) + body)
    }

    public func respond(_ status: Int, _ headers: [(String, String)] = [], text: String) {
        respond(status, headers, body: Array(text.utf8))
    }

    /// Raw bytes of the answer, head included.
    public func write(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return close() }
            rest = rest.dropFirst(count)
        }
    }

    public func write(_ text: String) { write(Array(text.utf8)) }

    /// Breaks the connection after what was written.
    public func close() {
        closed.store(true, ordering: .relaxed)
        shutdown(connection, Int32(SHUT_RDWR))
    }

    /// Returns when the client has closed the connection.
    public func waitForClient() {
        var byte: UInt8 = 0
        while recv(connection, &byte, 1, 0) > 0 {}
        close()
    }

    var isClosed: Bool { closed.load(ordering: .relaxed) }
}

/// Cuts a connection's bytes into requests.
private struct RequestReader {
    let connection: Int32
    private var buffer: [UInt8] = []

    init(connection: Int32) { self.connection = connection }

    mutating func next() -> ScriptedHTTPServer.Request? {
        var end: Int?
        while end == nil {
            end = buffer.indices.dropLast(3).first { buffer[$0..<$0 + 4].elementsEqual("\r\n\r\n".utf8) }
            if end == nil, !fill() { return nil }
        }
        let head = String(decoding: buffer.prefix(end!), as: UTF8.self).split(separator: "\r\n")
        buffer.removeFirst(end! + 4)
        let first = head[0].split(separator: " ")
        var request = ScriptedHTTPServer.Request(
            method: String(first[0]), target: String(first[1]), headers: [:], body: [])
        for line in head.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { continue }
            request.headers[parts[0].lowercased()] = String(parts[1].drop { $0 == " " })
        }
        if request.headers["expect"] != nil {
            HTTPExchange(connection: connection).write("HTTP/1.1 100 Continue\r\n\r\n")
        }
        let length = request.headers["content-length"].flatMap { Int($0) } ?? 0
        while buffer.count < length { if !fill() { return nil } }
        request.body = Array(buffer.prefix(length))
        buffer.removeFirst(length)
        return request
    }

    private mutating func fill() -> Bool {
        var chunk = [UInt8](repeating: 0, count: 65536)
        let count = recv(connection, &chunk, chunk.count, 0)
        guard count > 0 else { return false }
        buffer += chunk.prefix(count)
        return true
    }
}

private final class ThreadBody {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

private let threadMain: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { argument in
    if let argument { Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().run() }
    return nil
}

private func startThread(_ body: @escaping @Sendable () -> Void) {
    var thread = pthread_t()
    let code = pthread_create(&thread, nil, threadMain, Unmanaged.passRetained(ThreadBody(body)).toOpaque())
    precondition(code == 0, "cannot start a thread: \(String(cString: strerror(code)))")
    pthread_detach(thread)
}

import FleetRuntime
import Glibc

/// Where a server listens.
public enum ListenAddress: Sendable, CustomStringConvertible {
    /// Readable and writable by the owner and its group (0660).
    case unix(path: String)
    /// A numeric IPv4 or IPv6 address; port 0 takes a free one.
    case tcp(address: String, port: UInt16)

    public var description: String {
        switch self {
        case .unix(let path): "unix:\(path)"
        case .tcp(let address, let port): address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)"
        }
    }
}

public struct ListenError: Error, CustomStringConvertible {
    public let address: ListenAddress
    public let reason: String
    public var description: String { "cannot listen on \(address): \(reason)" }
}

/// A listening socket of our own making; closed, and a Unix socket's path removed, with the value.
public final class ListenSocket: Sendable {
    public let address: ListenAddress
    /// The TCP port that was bound; nil for a Unix socket.
    public let port: UInt16?
    let descriptor: Int32

    /// Binds and listens.
    /// - Parameter loopbackOnly: refuse a TCP address that other machines can reach.
    public init(_ address: ListenAddress, loopbackOnly: Bool = false) throws(ListenError) {
        self.address = address
        switch address {
        case .unix(let path):
            do throws(UnixSocketError) {
                descriptor = try UnixSocket.listen(on: path, mode: 0o660)
            } catch {
                throw ListenError(address: address, reason: error.reason)
            }
            port = nil
        case .tcp(let host, let port):
            (descriptor, self.port) = try Self.listen(on: host, port, loopbackOnly: loopbackOnly, address)
        }
    }

    deinit {
        close(descriptor)
        if case .unix(let path) = address { unlink(path) }
    }

    private static func listen(
        on host: String, _ port: UInt16, loopbackOnly: Bool, _ address: ListenAddress
    ) throws(ListenError) -> (Int32, UInt16) {
        var hints = addrinfo()
        hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &found) == 0, let found else {
            throw ListenError(
                address: address, reason: "'\(host)' is not a numeric IP address; write one such as 127.0.0.1 or ::1")
        }
        defer { freeaddrinfo(found) }
        guard let name = found.pointee.ai_addr else { throw ListenError(address: address, reason: "no address") }
        if loopbackOnly, !isLoopback(name) {
            throw ListenError(
                address: address,
                reason: """
                    other machines could reach it and the connection is not encrypted; listen on 127.0.0.1 or ::1, and \
                    reach it from elsewhere through ssh
                    """)
        }
        let descriptor = try open(found.pointee.ai_family, address)
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        guard bind(descriptor, name, found.pointee.ai_addrlen) == 0, Glibc.listen(descriptor, SOMAXCONN) == 0 else {
            throw failure(descriptor, address)
        }
        var bound = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let actual = withUnsafeMutablePointer(to: &bound) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(descriptor, $0, &length) }
            // The port lies at the same place in both families.
            return pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                UInt16(bigEndian: $0.pointee.sin_port)
            }
        }
        return (descriptor, actual)
    }

    private static func isLoopback(_ name: UnsafePointer<sockaddr>) -> Bool {
        if Int32(name.pointee.sa_family) == AF_INET {
            return name.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                UInt32(bigEndian: $0.pointee.sin_addr.s_addr) >> 24 == 127
            }
        }
        return name.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { pointer in
            withUnsafeBytes(of: pointer.pointee.sin6_addr) { $0.dropLast().allSatisfy { $0 == 0 } && $0.last == 1 }
        }
    }

    private static func open(_ family: Int32, _ address: ListenAddress) throws(ListenError) -> Int32 {
        let type = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
        let descriptor = socket(family, Int32(type), 0)
        guard descriptor >= 0 else { throw ListenError(address: address, reason: String(cString: strerror(errno))) }
        return descriptor
    }

    private static func failure(_ descriptor: Int32, _ address: ListenAddress) -> ListenError {
        let code = errno
        close(descriptor)
        let advice =
            switch code {
            case EADDRINUSE: "; another process listens there: stop it or choose another port"
            case EACCES: "; the user this runs as may not"
            case EADDRNOTAVAIL: "; this machine does not have the address"
            default: ""
            }
        return ListenError(address: address, reason: String(cString: strerror(code)) + advice)
    }
}

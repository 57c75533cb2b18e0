import FleetRuntime
import FleetStore
import Glibc

/// The other end of a connection.
public enum Peer: Equatable, Sendable {
    /// A process on this machine, through a Unix socket.
    case user(uid_t)
    /// A numeric IP address.
    case network(address: String)

    /// - Parameter socket: a connected one.
    init(socket: Int32) {
        var name = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        self = withUnsafeMutablePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                guard getpeername(socket, pointer, &length) == 0 else { return .network(address: "unknown") }
                if Int32(pointer.pointee.sa_family) == AF_UNIX, let user = UnixSocket.peer(of: socket) {
                    return .user(user)
                }
                return .network(address: Self.address(pointer, length))
            }
        }
    }

    private static func address(_ name: UnsafePointer<sockaddr>, _ length: socklen_t) -> String {
        var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        guard getnameinfo(name, length, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0 else {
            return "unknown"
        }
        return text.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
    }
}

extension Author {
    /// Who asks over a connection that `APIAccess` has let in.
    init(_ peer: Peer) {
        switch peer {
        case .user(let id): self.init(name: Self.userName(id), origin: "local socket")
        case .network(let address): self.init(name: "API token", origin: address)
        }
    }

    /// Who asks without showing that it may: nobody knows who that is.
    init(stranger peer: Peer) {
        self.init(peer)
        name = "unknown"
    }

    /// As this machine knows it, or `uid NUMBER`.
    private static func userName(_ id: uid_t) -> String {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var room = [CChar](repeating: 0, count: 16 << 10)
        guard getpwuid_r(id, &entry, &room, room.count, &found) == 0, let name = found?.pointee.pw_name else {
            return "uid \(id)"
        }
        return String(cString: name)
    }
}

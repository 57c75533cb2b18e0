import Glibc

/// What can be known of TCP ports on 127.0.0.1 before somebody listens there, and whether somebody does.
enum LoopbackListener {
    /// Whether a program could listen on the port now.
    static func mayListen(on port: UInt16) -> Bool { withSocket { listen($0, on: port) } }

    /// A port that a program could listen on now.
    static func freePort() -> UInt16 {
        withSocket { descriptor in
            var address = sockaddr_in()
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            guard listen(descriptor, on: 0) else { return 0 }
            _ = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
            }
            return UInt16(bigEndian: address.sin_port)
        }
    }

    static func accepts(_ port: UInt16) -> Bool {
        withSocket { descriptor in withAddress(port) { connect(descriptor, $0, $1) } == 0 }
    }

    private static func listen(_ descriptor: Int32, on port: UInt16) -> Bool {
        // As mosquitto does, so that connections that just ended are no obstacle.
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        return withAddress(port) { bind(descriptor, $0, $1) } == 0 && Glibc.listen(descriptor, 1) == 0
    }

    private static func withSocket<Result>(_ body: (Int32) -> Result) -> Result {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(descriptor) }
        return body(descriptor)
    }

    private static func withAddress(_ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}

import Glibc
import Synchronization

/// TCP ports on 127.0.0.1.
public enum LoopbackPort {
    /// Whoever was given a port may not listen on it yet.
    private static let given = Mutex<Set<UInt16>>([])

    /// A port that nothing listens on, and that nobody else in this process gets. Below the ephemeral range, so that
    /// no outgoing connection takes it meanwhile (nor connects to itself).
    public static func free() -> UInt16 {
        while true {
            let port = UInt16.random(in: 10_000..<32_000)
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            defer { close(descriptor) }
            guard withAddress(port, { bind(descriptor, $0, $1) }) == 0 else { continue }
            if given.withLock({ $0.insert(port).inserted }) { return port }
        }
    }

    public static func accepts(_ port: UInt16) -> Bool {
        let descriptor = connect(to: port)
        if descriptor >= 0 { close(descriptor) }
        return descriptor >= 0
    }

    /// - Returns: a connected blocking socket, or -1.
    static func connect(to port: UInt16) -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        if withAddress(port, { Glibc.connect(descriptor, $0, $1) }) == 0 { return descriptor }
        close(descriptor)
        return -1
    }

    static func withAddress(_ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}

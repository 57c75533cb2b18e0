import FleetRuntime
import Glibc

/// A TCP connection that says exactly what a test wants, and no more.
actor RawConnection {
    struct Ended: Error {}

    private let executor = ThreadExecutor(name: "raw-connection")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    /// What has arrived with its chunk borders; nil while there are none.
    private var chunks: [UInt8]?
    private var chunkLeft = 0

    /// - Parameter receiveBytes: the socket's receive buffer; small for a client that takes little.
    init(port: UInt16, receiveBytes: Int32? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        if var receiveBytes {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBytes, socklen_t(MemoryLayout<Int32>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { throw Ended() }
    }

    deinit { close(descriptor) }

    func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { throw Ended() }
            rest = rest.dropFirst(count)
        }
    }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    /// Everything up to and including `needle`.
    func read(through needle: String) throws -> String {
        let needle = Array(needle.utf8)
        while true {
            if let start = buffer.firstRange(of: needle)?.upperBound {
                defer { buffer.removeFirst(start) }
                return String(decoding: buffer[..<start], as: UTF8.self)
            }
            guard try receive() else { throw Ended() }
        }
    }

    /// The answer's head; the borders of its chunks, if it has any, are left out of what is read afterwards.
    func readHead() throws -> String {
        let head = try read(through: "\r\n\r\n")
        if head.contains("chunked") {
            chunks = buffer
            buffer = []
            try removeChunkBorders()
        }
        return head
    }

    /// Everything until the server closes the connection.
    func readToEnd() throws -> [UInt8] {
        while try receive() {}
        return buffer
    }

    /// No more will be sent.
    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    private func receive() throws -> Bool {
        var piece = [UInt8](repeating: 0, count: 64 << 10)
        let count = recv(descriptor, &piece, piece.count, 0)
        if count < 0 && errno == ECONNRESET { return false }
        guard count >= 0 else { throw Ended() }
        guard chunks != nil else {
            buffer += piece[..<count]
            return count > 0
        }
        chunks? += piece[..<count]
        try removeChunkBorders()
        return count > 0
    }

    private func removeChunkBorders() throws {
        while var wire = chunks, !wire.isEmpty {
            if chunkLeft == 0 {
                guard let end = wire.firstRange(of: Array("\r\n".utf8)) else { return }
                guard let size = Int(String(decoding: wire[..<end.lowerBound], as: UTF8.self), radix: 16) else {
                    throw Ended()
                }
                wire.removeFirst(end.upperBound)
                // The line end that follows the data counts as part of it.
                chunkLeft = size + 2
            }
            let taken = min(chunkLeft, wire.count)
            let data = min(taken, max(0, chunkLeft - 2))
            buffer += wire[..<data]
            wire.removeFirst(taken)
            chunkLeft -= taken
            chunks = wire
        }
    }
}

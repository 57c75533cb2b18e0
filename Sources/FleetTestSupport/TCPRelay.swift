import FleetRuntime
import Glibc
import Synchronization

/// A wire between a client and a loopback port that a test can cut: what a pulled cable or a power cut looks like to
/// both ends.
public final class TCPRelay: Sendable {
    private struct State {
        var ended = false
        var cut = false
        var sockets: Set<Int32> = []
        /// While this stands, bytes that arrive are thrown away and nobody is told.
        var silent = false
        /// How much clients may send until then.
        var allowance = UInt64.max
        var sent: UInt64 = 0
    }

    public let port: UInt16
    private let target: UInt16
    private let listener: Int32
    private let state = Mutex(State())

    /// - Parameter target: the port to hand connections on to.
    public init(to target: UInt16) throws {
        self.target = target
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        self.listener = listener
        port = LoopbackPort.free()
        guard LoopbackPort.withAddress(port, { bind(listener, $0, $1) }) == 0, listen(listener, 16) == 0 else {
            throw POSIXFailure(code: errno)
        }
        NamedThread.start("relay") { [self] in accept() }
    }

    public struct POSIXFailure: Error { public let code: Int32 }

    /// While cut, every connection is broken at once; after that, new ones are handed on again.
    public func setCut(_ cut: Bool) {
        state.withLock { state in
            state.cut = cut
            // The threads that read the sockets close them.
            if cut { for socket in state.sockets { shutdown(socket, Int32(SHUT_RDWR)) } }
        }
    }

    /// From now on everything disappears on the way, and the connections stay open.
    public func setSilent(_ silent: Bool) { state.withLock { $0.silent = silent } }

    /// The same, once clients have sent so much.
    public func setSilent(after bytes: UInt64) { state.withLock { $0.allowance = bytes } }

    /// What clients have sent, and the target was handed.
    public var bytesSent: UInt64 { state.withLock(\.sent) }

    /// Ends the relay.
    public func close() {
        setCut(true)
        state.withLock { $0.ended = true }
        shutdown(listener, Int32(SHUT_RDWR))
    }

    private func accept() {
        defer { Glibc.close(listener) }
        while true {
            let client = Glibc.accept(listener, nil, nil)
            guard client >= 0, !state.withLock(\.ended) else { return }
            let server = LoopbackPort.connect(to: target)
            let joined = state.withLock { state in
                guard server >= 0, !state.cut else { return false }
                state.sockets.formUnion([client, server])
                return true
            }
            guard joined else {
                Glibc.close(client)
                Glibc.close(server)
                continue
            }
            let open = Mutex(2)
            let ended: @Sendable () -> Void = { [self] in
                let last = open.withLock { open in
                    open -= 1
                    return open == 0
                }
                guard last else { return }
                state.withLock { $0.sockets.subtract([client, server]) }
                Glibc.close(client)
                Glibc.close(server)
            }
            NamedThread.start("relay-up") { [self] in pump(from: client, to: server, counted: true, ended) }
            NamedThread.start("relay-down") { [self] in pump(from: server, to: client, counted: false, ended) }
        }
    }

    private func pump(from source: Int32, to sink: Int32, counted: Bool, _ ended: @Sendable () -> Void) {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while case let count = read(source, &buffer, buffer.count), count > 0 {
            let silent = state.withLock { state in
                if counted, !state.silent {
                    state.silent = state.sent >= state.allowance
                    state.sent += state.silent ? 0 : UInt64(count)
                }
                return state.silent
            }
            if silent { continue }
            guard send(sink, buffer, count, Int32(MSG_NOSIGNAL)) == count else { break }
        }
        shutdown(sink, Int32(SHUT_RDWR))
        shutdown(source, Int32(SHUT_RDWR))
        ended()
    }
}

import CMicroHTTPD
import FleetModel
import FleetRuntime
import Glibc
import Synchronization

/// A libmicrohttpd daemon with its one thread. It turns connections into exchanges; whoever takes them from `incoming`
/// answers them.
final class MicroHTTPDaemon: @unchecked Sendable {
    private struct Open {
        var exchanges: [ObjectIdentifier: Exchange] = [:]
        var stopping = false
        var idle: CheckedContinuation<Void, Never>?
    }

    /// One request at a time can be under way on each connection, so this is never full.
    let incoming: Mailbox<Exchange>
    private let open = Mutex(Open())
    /// Touched by `init` and `stop` alone.
    private var daemon: OpaquePointer?
    private var descriptor: Int32

    /// Starts serving at once.
    init(_ socket: ListenSocket, limits: HTTPServer.Limits) throws(ListenError) {
        incoming = Mailbox(capacity: limits.connections)
        // libmicrohttpd closes what it is given when it fails to start, so it gets a descriptor of its own.
        descriptor = fcntl(socket.descriptor, F_DUPFD_CLOEXEC, 0)
        let context = Unmanaged.passUnretained(self).toOpaque()
        let own = OpaquePointer(context)
        let arguments: [any CVarArg] = [
            MHD_OPTION.LISTEN_SOCKET.rawValue, descriptor,
            MHD_OPTION.NOTIFY_COMPLETED.rawValue, unsafeBitCast(completedThunk, to: OpaquePointer.self), own,
            MHD_OPTION.UNESCAPE_CALLBACK.rawValue, unsafeBitCast(unescapeThunk, to: OpaquePointer.self), own,
            MHD_OPTION.CONNECTION_LIMIT.rawValue, UInt32(limits.connections),
            MHD_OPTION.CONNECTION_TIMEOUT.rawValue, UInt32(limits.idleSeconds),
            MHD_OPTION.CONNECTION_MEMORY_LIMIT.rawValue, limits.connectionBytes,
            MHD_OPTION.STRICT_FOR_CLIENT.rawValue, Int32(1),
            MHD_OPTION.END.rawValue,
        ]
        let flags =
            MHD_USE_EPOLL_INTERNAL_THREAD.rawValue | MHD_ALLOW_SUSPEND_RESUME.rawValue
        daemon = withVaList(arguments) {
            MHD_start_daemon_va(flags, 0, nil, nil, accessThunk, context, $0)
        }
        guard daemon != nil else {
            throw ListenError(
                address: socket.address, reason: "libmicrohttpd does not start: \(String(cString: strerror(errno)))")
        }
    }

    /// No new connections and no new requests from now on.
    func refuseMore() {
        open.withLock { $0.stopping = true }
        MHD_quiesce_daemon(daemon)
    }

    /// Returns when no request is under way. Ends early when the task is cancelled.
    func untilIdle() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let idle = open.withLock { open in
                    if open.exchanges.isEmpty || Task.isCancelled { return true }
                    open.idle = continuation
                    return false
                }
                if idle { continuation.resume() }
            }
        } onCancel: {
            open.withLock { $0.idle.take() }?.resume()
        }
    }

    /// Cuts off what is still under way and waits for the thread to end. Blocks.
    func stop() {
        for exchange in open.withLock({ Array($0.exchanges.values) }) { exchange.abort() }
        MHD_stop_daemon(daemon)
        daemon = nil
        close(descriptor)
    }

    fileprivate func begin(_ exchange: Exchange) -> Bool {
        let taken = open.withLock { open in
            if open.stopping { return false }
            open.exchanges[ObjectIdentifier(exchange)] = exchange
            return true
        }
        guard taken else { return false }
        exchange.begin()
        return incoming.send(exchange)
    }

    fileprivate func completed(_ exchange: Exchange) {
        exchange.completed()
        let idle = open.withLock { open in
            open.exchanges[ObjectIdentifier(exchange)] = nil
            return open.exchanges.isEmpty ? open.idle.take() : nil
        }
        idle?.resume()
    }

}

private let accessThunk: MHD_AccessHandlerCallback = { context, connection, path, method, _, data, size, slot in
    guard let context, let connection, let path, let method, let size, let slot else { return .NO }
    if let known = slot.pointee {
        let bytes = UnsafeRawBufferPointer(start: data, count: size.pointee)
        size.pointee = 0
        return Unmanaged<Exchange>.fromOpaque(known).takeUnretainedValue().proceed(bytes)
    }
    let exchange = Exchange(
        connection: ConnectionHandle(pointer: connection),
        head: RequestHead(connection: connection, method: method, path: path))
    slot.pointee = Unmanaged.passRetained(exchange).toOpaque()
    return Unmanaged<MicroHTTPDaemon>.fromOpaque(context).takeUnretainedValue().begin(exchange) ? .YES : .NO
}

private let completedThunk: MHD_RequestCompletedCallback = { context, _, slot, _ in
    guard let context, let slot, let known = slot.pointee else { return }
    slot.pointee = nil
    Unmanaged<MicroHTTPDaemon>.fromOpaque(context).takeUnretainedValue()
        .completed(Unmanaged<Exchange>.fromOpaque(known).takeRetainedValue())
}

/// Leaves escapes alone: they are decoded by segment, so that an escaped slash is not a separator.
private let unescapeThunk:
    @convention(c) (UnsafeMutableRawPointer?, OpaquePointer?, UnsafeMutablePointer<CChar>?) -> Int =
        { _, _, text in text.map { strlen($0) } ?? 0 }

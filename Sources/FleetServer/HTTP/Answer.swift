import CMicroHTTPD
import Glibc

/// A response as libmicrohttpd takes it. Owned: queued once, or destroyed.
struct Answer: @unchecked Sendable {
    private let response: OpaquePointer
    private let status: UInt32

    /// - Returns: nil when the file cannot be opened, or memory is short.
    init?(_ source: ServerResponse, headOnly: Bool, stream exchange: Exchange) {
        status = UInt32(source.status)
        let made: OpaquePointer? =
            switch source.body {
            case .bytes(let bytes): Self.make(bytes)
            case .file(let path, let range): Self.make(path, range)
            case .stream: headOnly ? Self.make([]) : Self.make(exchange)
            }
        guard let made else { return nil }
        response = made
        for (name, value) in source.headers { MHD_add_response_header(made, name, value) }
    }

    func queue(on connection: ConnectionHandle) -> MHD_Result {
        defer { destroy() }
        return MHD_queue_response(connection.pointer, status, response)
    }

    /// Gives up our reference; libmicrohttpd keeps its own of a queued response.
    func destroy() { MHD_destroy_response(response) }

    private static func make(_ bytes: [UInt8]) -> OpaquePointer? {
        bytes.withUnsafeBytes { buffer in
            MHD_create_response_from_buffer(
                buffer.count, UnsafeMutableRawPointer(mutating: buffer.baseAddress), .RESPMEM_MUST_COPY)
        }
    }

    /// libmicrohttpd closes the descriptor with the response.
    private static func make(_ path: String, _ range: Range<UInt64>) -> OpaquePointer? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return nil }
        let response = MHD_create_response_from_fd_at_offset64(
            UInt64(range.count), descriptor, range.lowerBound)
        if response == nil { close(descriptor) }
        return response
    }

    private static func make(_ exchange: Exchange) -> OpaquePointer? {
        let context = Unmanaged.passRetained(exchange)
        let response = MHD_create_response_from_callback(
            UInt64.max, 32 << 10, readThunk, context.toOpaque(), freeThunk)
        if response == nil { context.release() }
        return response
    }
}

private let readThunk: MHD_ContentReaderCallback = { context, _, buffer, room in
    guard let context, let buffer else { return Exchange.endWithError }
    return Unmanaged<Exchange>.fromOpaque(context).takeUnretainedValue()
        .read(into: UnsafeMutableRawBufferPointer(start: buffer, count: room))
}

private let freeThunk: MHD_ContentReaderFreeCallback = { context in
    guard let context else { return }
    Unmanaged<Exchange>.fromOpaque(context).release()
}

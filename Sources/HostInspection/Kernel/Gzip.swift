import CZlib

/// gzip as in /proc/config.gz (RFC 1952).
enum Gzip {
    /// The first `limit` bytes of what was packed; nil when it is damaged before them.
    static func unpacked(_ packed: [UInt8], limit: Int) -> [UInt8]? {
        var stream = z_stream()
        // 15 bits of window, and 16 for gzip's header.
        guard
            inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
        else { return nil }
        defer { inflateEnd(&stream) }
        var packed = packed
        var result: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        return packed.withUnsafeMutableBufferPointer { input in
            stream.next_in = input.baseAddress
            stream.avail_in = UInt32(clamping: input.count)
            while result.count < limit {
                let (status, count) = chunk.withUnsafeMutableBufferPointer { output in
                    stream.next_out = output.baseAddress
                    stream.avail_out = UInt32(output.count)
                    let status = inflate(&stream, Z_NO_FLUSH)
                    return (status, output.count - Int(stream.avail_out))
                }
                result += chunk.prefix(min(count, limit - result.count))
                if status == Z_STREAM_END { return result }
                guard status == Z_OK else { return nil }
            }
            return result
        }
    }
}

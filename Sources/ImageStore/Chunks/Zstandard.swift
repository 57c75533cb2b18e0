import CZstd

/// Packs and unpacks chunks, each as one frame (RFC 8878). One thread at a time.
final class Zstandard {
    private let compression: OpaquePointer
    private let decompression: OpaquePointer

    /// - Parameter level: zstd's own when nil, 3.
    init(level: Int32? = nil) {
        guard let compression = ZSTD_createCCtx(), let decompression = ZSTD_createDCtx() else {
            preconditionFailure("libzstd has no memory")
        }
        (self.compression, self.decompression) = (compression, decompression)
        if let level { ZSTD_CCtx_setParameter(compression, ZSTD_c_compressionLevel, level) }
    }

    deinit {
        ZSTD_freeCCtx(compression)
        ZSTD_freeDCtx(decompression)
    }

    /// What a chunk of this length is packed at most, in bytes. Others may add to it what frames may have: dictionary IDs, checksums,
    /// frames to be skipped.
    static func longestFrame(of length: Int) -> Int { ZSTD_compressBound(length) + 4096 }

    func packed(_ content: UnsafeRawBufferPointer) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: ZSTD_compressBound(content.count)) { output, count in
            count = ZSTD_compress2(
                compression, output.baseAddress, output.count, content.baseAddress, content.count)
            precondition(ZSTD_isError(count) == 0, "libzstd does not compress into the space that it asked for")
        }
    }

    /// - Parameter content: filled exactly; a frame does not have to say how long it is.
    /// - Returns: false when that is not what the frame holds.
    func unpack(_ frame: UnsafeRawBufferPointer, into content: UnsafeMutableRawBufferPointer) -> Bool {
        ZSTD_decompressDCtx(
            decompression, content.baseAddress, content.count, frame.baseAddress, frame.count) == content.count
    }

    /// Whatever a frame holds; nil when that is damaged, or more than the limit.
    func unpacked(_ frame: [UInt8], limit: Int) -> [UInt8]? {
        frame.withUnsafeBytes { frame in
            var input = ZSTD_inBuffer(src: frame.baseAddress, size: frame.count, pos: 0)
            var content: [UInt8] = []
            var piece = [UInt8](repeating: 0, count: ZSTD_DStreamOutSize())
            guard ZSTD_isError(ZSTD_DCtx_reset(decompression, ZSTD_reset_session_only)) == 0 else { return nil }
            while true {
                let (missing, count) = piece.withUnsafeMutableBytes { piece in
                    var output = ZSTD_outBuffer(dst: piece.baseAddress, size: piece.count, pos: 0)
                    return (ZSTD_decompressStream(decompression, &output, &input), output.pos)
                }
                guard ZSTD_isError(missing) == 0, content.count + count <= limit else { return nil }
                content += piece[..<count]
                if missing == 0 { return input.pos == input.size ? content : nil }
                guard count > 0 || input.pos < input.size else { return nil }
            }
        }
    }
}

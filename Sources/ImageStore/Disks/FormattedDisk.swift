import CNBD
import FleetModel
import FleetRuntime
import Glibc

/// An image of any format that QEMU reads, through a `qemu-nbd` of its own, read-only, on a socket that only the two have.
final class FormattedDisk: DiskContent {
    private static let allocation = "base:allocation"
    /// NBD_STATE_ZERO of the protocol: reading gives zeros.
    private static let zero: UInt32 = 2
    /// What is asked for at a time; a server may tell of less.
    private static let lookahead: UInt64 = 1 << 30

    private let path: String
    private let handle: OpaquePointer
    let size: UInt64
    /// What is known of the part that was looked at last: places where something else begins, and whether it is zeros before them.
    private var extents: [(end: UInt64, isZero: Bool)] = []
    private var known: Range<UInt64> = 0..<0

    /// - Parameter format: QEMU's name; never guessed, as a guest may have written what looks like another one.
    init(_ path: String, format: String) throws(ImageError) {
        self.path = path
        guard let handle = nbd_create() else { throw Self.error("read", path) }
        self.handle = handle
        // The image may be anybody's.
        let command = [
            "prlimit", "--as=\(4 << 30)", "--core=0", "qemu-nbd", "--read-only", "--format=\(format)", "--", path,
        ]
        let arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        nbd_add_meta_context(handle, Self.allocation)
        guard
            arguments.withUnsafeBufferPointer({
                nbd_connect_systemd_socket_activation(handle, .init(mutating: $0.baseAddress!))
            }) == 0,
            case let size = nbd_get_size(handle), size >= 0
        else {
            let error = Self.error("open", path)
            nbd_close(handle)
            throw error
        }
        self.size = UInt64(size)
    }

    deinit {
        nbd_shutdown(handle, 0)
        nbd_close(handle)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(ImageError) {
        guard nbd_pread(handle, buffer.baseAddress!, buffer.count, offset, 0) == 0 else {
            throw Self.error("read", path)
        }
    }

    func isHole(_ range: Range<UInt64>) throws(ImageError) -> Bool {
        if !known.contains(range.lowerBound) { try look(from: range.lowerBound) }
        var position = range.lowerBound
        for extent in extents where extent.end > position {
            guard extent.isZero else { return false }
            position = extent.end
            if position >= range.upperBound { return true }
        }
        return false
    }

    private func look(from offset: UInt64) throws(ImageError) {
        final class Found { var extents: [(end: UInt64, isZero: Bool)] = [] }
        let found = Found()
        known = offset..<offset
        extents = []
        guard nbd_can_meta_context(handle, Self.allocation) == 1 else { return }
        let callback = nbd_extent_callback(
            callback: { user, context, offset, entries, count, _ in
                guard let user, let context, let entries, String(cString: context) == FormattedDisk.allocation else {
                    return 0
                }
                let found = Unmanaged<Found>.fromOpaque(user).takeUnretainedValue()
                var end = offset
                for entry in stride(from: 0, to: count - 1, by: 2) {
                    end += UInt64(entries[entry])
                    found.extents.append((end, entries[entry + 1] & FormattedDisk.zero != 0))
                }
                return 0
            }, user_data: Unmanaged.passUnretained(found).toOpaque(), free: nil)
        guard nbd_block_status(handle, min(Self.lookahead, size - offset), offset, callback, 0) == 0 else {
            throw Self.error("ask what is stored of", path)
        }
        extents = found.extents
        known = offset..<(extents.last?.end ?? offset)
    }

    private static func error(_ operation: String, _ path: String) -> ImageError {
        let reason = nbd_get_error().map { String(cString: $0) } ?? "libnbd does not say why"
        return ImageError(.unusable, "cannot \(operation) \(path) with qemu-nbd: \(reason)")
    }
}

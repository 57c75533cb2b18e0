import FleetRuntime
import Glibc

/// The part of a qcow2 file's header that says whether the file stands alone
/// (https://gitlab.com/qemu-project/qemu/-/blob/master/docs/interop/qcow2.txt).
struct QCow2Header {
    static let length = 104
    private static let magic: [UInt8] = [0x51, 0x46, 0x49, 0xFB]

    let virtualSizeBytes: UInt64
    let hasBackingFile: Bool
    let hasDataFile: Bool
    let isEncrypted: Bool

    /// - Parameter bytes: the file's first 104 bytes, or all of a shorter file.
    /// - Returns: nil for a file that is no qcow2 of version 2 or 3.
    init?(_ bytes: [UInt8]) {
        func number(at offset: Int, bytes count: Int) -> UInt64 {
            bytes[offset..<offset + count].reduce(0) { $0 << 8 | UInt64($1) }
        }
        guard bytes.count >= 72, Array(bytes[..<4]) == Self.magic else { return nil }
        let version = number(at: 4, bytes: 4)
        guard version == 2 || (version == 3 && bytes.count >= Self.length) else { return nil }
        hasBackingFile = number(at: 8, bytes: 8) != 0
        virtualSizeBytes = number(at: 24, bytes: 8)
        isEncrypted = number(at: 32, bytes: 4) != 0
        hasDataFile = version == 3 && number(at: 72, bytes: 8) & 0b100 != 0
    }

    /// - Returns: nil for a file that is no qcow2 of version 2 or 3. Blocks.
    init?(file path: String) throws(ImageError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw ImageError(FileError("open", path)) }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: Self.length)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        guard count >= 0 else { throw ImageError(FileError("read", path)) }
        self.init(Array(bytes[..<count]))
    }
}

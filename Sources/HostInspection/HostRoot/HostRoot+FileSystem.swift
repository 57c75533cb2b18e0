import COpenAt2
import Glibc

extension HostRoot {
    /// The space in bytes that a regular file occupies, which for a sparse one is less than its size.
    public func usedBytes(of path: String) -> UInt64? {
        withFile(path, vf_path_only) { descriptor in
            var status = stat()
            guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
            return UInt64(exactly: status.st_blocks).flatMap { Self.product($0, 512) }
        }
    }

    /// Size and room, in bytes, of the file system that holds a path.
    public func fileSystem(of path: String) -> (size: UInt64, available: UInt64)? {
        withFile(path, vf_path_only) { descriptor in
            var status = statvfs()
            guard fstatvfs(descriptor, &status) == 0 else { return nil }
            let block = UInt64(status.f_frsize)
            guard let size = Self.product(UInt64(status.f_blocks), block),
                let available = Self.product(UInt64(status.f_bavail), block)
            else { return nil }
            return (size, available)
        }
    }

    /// Nil for what no file system holds: one in user space may say anything.
    static func product(_ count: UInt64, _ size: UInt64) -> UInt64? {
        let (bytes, overflow) = count.multipliedReportingOverflow(by: size)
        return overflow ? nil : bytes
    }

    /// XFS_IOC_FSGEOMETRY_V4 of fs/xfs/libxfs/xfs_fs.h: 112 bytes, the flags at offset 92. Any user may ask.
    private static let xfsGeometry: (request: UInt, size: Int, flags: Int) = (0x8070_587C, 112, 92)
    private static let xfsReflink: UInt32 = 1 << 20

    /// Whether the XFS file system of a directory was made with reflinks; nil when it does not answer.
    func xfsSharesBlocks(_ path: String) -> Bool? {
        withFile(path, O_RDONLY | O_DIRECTORY) { descriptor in
            var geometry = [UInt8](repeating: 0, count: Self.xfsGeometry.size)
            guard ioctl(descriptor, Self.xfsGeometry.request, &geometry) == 0 else { return nil }
            let flags = geometry.dropFirst(Self.xfsGeometry.flags).prefix(4).reversed()
                .reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            return flags & Self.xfsReflink != 0
        }
    }
}

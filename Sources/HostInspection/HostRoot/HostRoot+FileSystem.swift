import COpenAt2
import Glibc

extension HostRoot {
    /// The space in bytes that a regular file occupies, which for a sparse one is less than its size.
    public func usedBytes(of path: String) -> UInt64? {
        withFile(path, vf_path_only) { descriptor in
            var status = stat()
            guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
            return UInt64(status.st_blocks) * 512
        }
    }

    /// Size and room, in bytes, of the file system that holds a path.
    public func fileSystem(of path: String) -> (size: UInt64, available: UInt64)? {
        withFile(path, vf_path_only) { descriptor in
            var status = statvfs()
            guard fstatvfs(descriptor, &status) == 0 else { return nil }
            let block = UInt64(status.f_frsize)
            return (UInt64(status.f_blocks) * block, UInt64(status.f_bavail) * block)
        }
    }
}

import Glibc
import HostInspection

extension HostRoot {
    /// The fields of the lines of a file, apart at blanks and colons.
    func lines(_ path: String) -> [[Substring]] {
        (text(path) ?? "").split(separator: "\n").map { $0.split { $0 == " " || $0 == ":" || $0 == "\t" } }
    }

    func number(_ path: String) -> Double? { text(path).flatMap { Double($0) } }

    func exists(_ path: String) -> Bool { access(self.path(path), F_OK) == 0 }

    /// The space that a file occupies, which for a sparse one is less than its size.
    func usedBytes(of path: String) -> Double? {
        var status = stat()
        guard stat(self.path(path), &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return Double(status.st_blocks) * 512
    }

    /// Size and room of the file system that holds a path.
    func fileSystem(of path: String) -> (size: Double, available: Double)? {
        var status = statvfs()
        guard statvfs(self.path(path), &status) == 0 else { return nil }
        let block = Double(status.f_frsize)
        return (Double(status.f_blocks) * block, Double(status.f_bavail) * block)
    }
}

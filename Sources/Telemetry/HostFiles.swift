import FoundationEssentials
import Glibc

/// The kernel's files below a root, which is `/` but in tests. What cannot be read is nil.
struct HostFiles: Sendable {
    private let root: String

    init(root: String) { self.root = root.hasSuffix("/") ? String(root.dropLast()) : root }

    /// The whole text of a file; files in /proc do not know their size beforehand.
    func text(_ path: String) -> String? {
        let descriptor = open(root + path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count == 0 { return String(decoding: text, as: UTF8.self) }
            guard count > 0 else { return nil }
            text += buffer[..<count]
        }
    }

    /// The fields of the lines of a file, apart at blanks and colons.
    func lines(_ path: String) -> [[Substring]] {
        (text(path) ?? "").split(separator: "\n").map { $0.split { $0 == " " || $0 == ":" || $0 == "\t" } }
    }

    func number(_ path: String) -> Double? {
        lines(path).first?.first.flatMap { Double($0) }
    }

    func exists(_ path: String) -> Bool { access(root + path, F_OK) == 0 }

    func names(in directory: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: root + directory)) ?? []
    }

    /// The space that a file occupies, which for a sparse one is less than its size.
    func usedBytes(of path: String) -> Double? {
        var status = stat()
        guard stat(root + path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return Double(status.st_blocks) * 512
    }

    /// Size and room of the file system that holds a path.
    func fileSystem(of path: String) -> (size: Double, available: Double)? {
        var status = statvfs()
        guard statvfs(root + path, &status) == 0 else { return nil }
        let block = Double(status.f_frsize)
        return (Double(status.f_blocks) * block, Double(status.f_bavail) * block)
    }
}

import FoundationEssentials
import Glibc

/// The files of a machine as a value: made, changed, and written below a directory.
public struct HostTree: Equatable, Sendable {
    public enum Entry: Equatable, Sendable {
        case file([UInt8])
        case link(to: String)
        case directory
        /// A FIFO: whoever opens it to read waits for a writer.
        case pipe
    }

    /// By path: `/proc/cpuinfo`. Directories need no entry unless they are empty.
    public var entries: [String: Entry] = [:]

    public init() {}

    /// What lies below a directory; what is neither file, link, directory nor FIFO is left out.
    public init(below directory: String) throws {
        for path in try FileManager.default.subpathsOfDirectory(atPath: directory) {
            let real = directory + "/" + path
            var status = stat()
            guard lstat(real, &status) == 0 else { continue }
            switch status.st_mode & S_IFMT {
            case S_IFREG: entries["/" + path] = .file(Array(try Data(contentsOf: URL(filePath: real))))
            case S_IFLNK:
                entries["/" + path] = .link(to: try FileManager.default.destinationOfSymbolicLink(atPath: real))
            case S_IFDIR: entries["/" + path] = .directory
            case S_IFIFO: entries["/" + path] = .pipe
            default: break
            }
        }
    }

    public mutating func write(_ path: String, _ text: String) { write(path, Array(text.utf8)) }

    public mutating func write(_ path: String, _ bytes: [UInt8]) { entries[path] = .file(bytes) }

    public mutating func link(_ path: String, to target: String) { entries[path] = .link(to: target) }

    /// Makes the tree in an empty directory, and nothing outside of it: what lies below an entry that is no directory, or
    /// has a name that no file can have, is left out.
    public func write(below directory: String) {
        var made: Set<Substring> = [""]
        for (path, entry) in entries.sorted(by: { $0.key < $1.key }) {
            guard !path.split(separator: "/").contains(".."), let slash = path.lastIndex(of: "/"),
                makeDirectory(path[..<slash], below: directory, &made)
            else { continue }
            let real = directory + path
            switch entry {
            case .directory: _ = makeDirectory(path[...], below: directory, &made)
            case .link(let target): symlink(target, real)
            case .pipe: mkfifo(real, 0o600)
            case .file(let bytes):
                let descriptor = open(real, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
                guard descriptor >= 0 else { continue }
                _ = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
                close(descriptor)
            }
        }
    }

    private func makeDirectory(_ path: Substring, below directory: String, _ made: inout Set<Substring>) -> Bool {
        if made.contains(path) { return true }
        guard entries[String(path), default: .directory] == .directory, let slash = path.lastIndex(of: "/"),
            makeDirectory(path[..<slash], below: directory, &made), mkdir(directory + path, 0o700) == 0
        else { return false }
        made.insert(path)
        return true
    }
}

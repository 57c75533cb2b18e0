import FleetRuntime
import Glibc

/// The file tree of the machine under inspection: `/`, or a fixture. Every path below it is absolute, such as
/// `/proc/cpuinfo`.
public struct HostRoot: Sendable {
    private let root: String

    public init(_ root: String = "/") { self.root = root == "/" ? "" : root }

    /// Where the file really is.
    public func path(_ path: String) -> String { root + path }

    /// The text of a small file, without white space around it; nil when it cannot be read.
    public func text(_ path: String, limit: Int = 1 << 20) -> String? {
        let descriptor = open(self.path(path), O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        while bytes.count < limit {
            // Files of /proc tell their size only by ending.
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0 { return nil }
            if count == 0 { break }
            bytes += chunk.prefix(count)
        }
        let isSpace: (UInt8) -> Bool = { $0 <= UInt8(ascii: " ") }
        let end = bytes.lastIndex { !isSpace($0) }.map { $0 + 1 } ?? 0
        return String(decoding: bytes[..<end].drop(while: isSpace), as: UTF8.self)
    }

    public func integer(_ path: String) -> Int? { text(path).flatMap { Int($0) } }

    /// The names in a directory, sorted; none when it cannot be read.
    public func names(in path: String) -> [String] {
        (try? DurableFile.entries(of: self.path(path))) ?? []
    }

    /// The `key: value` lines of a file of /proc.
    func fields(_ path: String) -> [(key: String, value: String)] {
        (text(path) ?? "").split(separator: "\n").compactMap { line in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            return (trimmed(line[..<colon]), trimmed(line[line.index(after: colon)...]))
        }
    }

    private func trimmed(_ text: Substring) -> String {
        let end = text.lastIndex { !$0.isWhitespace }.map { text.index(after: $0) } ?? text.startIndex
        return String(text[..<end].drop(while: \.isWhitespace))
    }
}

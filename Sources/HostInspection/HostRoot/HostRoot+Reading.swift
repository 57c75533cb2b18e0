import COpenAt2
import FleetRuntime
import Glibc

extension HostRoot {
    /// The first `limit` bytes of a file.
    public func bytes(_ path: String, limit: Int = 1 << 20) -> [UInt8]? {
        withFile(path, O_RDONLY | O_NONBLOCK | O_NOCTTY) { contents($0, limit: limit) }
    }

    /// The last lines of a file on a disk, at most `limit` bytes of them.
    public func lastLines(_ path: String, limit: Int) -> ArraySlice<UInt8>? {
        withFile(path, O_RDONLY | O_NONBLOCK | O_NOCTTY) { descriptor in
            let skipped = lseek(descriptor, 0, SEEK_END) - off_t(limit)
            guard lseek(descriptor, max(skipped, 0), SEEK_SET) >= 0, let bytes = contents(descriptor, limit: limit)
            else { return nil }
            return skipped <= 0 ? bytes[...] : bytes.drop { $0 != UInt8(ascii: "\n") }.dropFirst()
        }
    }

    private func contents(_ descriptor: Int32, limit: Int) -> [UInt8]? {
        var bytes: [UInt8] = []
        // Files of /proc and /sys tell their size only by ending; most are short.
        let isRead = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: min(limit, 64 << 10)) { chunk in
            while bytes.count < limit {
                let count = read(descriptor, chunk.baseAddress, min(chunk.count, limit - bytes.count))
                if count <= 0 { return count == 0 }
                bytes += UnsafeBufferPointer(rebasing: chunk[..<count])
            }
            return true
        }
        return isRead ? bytes : nil
    }

    /// The text of a small file, without white space around it; what is not UTF-8 is replaced.
    public func text(_ path: String, limit: Int = 1 << 20) -> String? {
        guard let bytes = bytes(path, limit: limit) else { return nil }
        let isSpace: (UInt8) -> Bool = { $0 <= UInt8(ascii: " ") }
        let end = bytes.lastIndex { !isSpace($0) }.map { $0 + 1 } ?? 0
        return String(decoding: bytes[..<end].drop(while: isSpace), as: UTF8.self)
    }

    /// A decimal number alone in a file.
    public func integer(_ path: String) -> Int? { text(path).flatMap { Int($0) } }

    public func exists(_ path: String) -> Bool { withFile(path, vf_path_only) { _ in true } ?? false }

    /// The names in a directory, sorted; none when it cannot be read.
    public func names(in path: String) -> [String] {
        withFile(path, O_RDONLY | O_DIRECTORY) { descriptor in
            try? DurableFile.entries(of: path, openAs: dup(descriptor))
        } ?? []
    }

    /// What is in a directory, by its kind; `others` are neither links nor directories nor files.
    func entries(of path: String) -> (links: [String], directories: [String], others: [String]) {
        withFile(path, O_RDONLY | O_DIRECTORY) { descriptor in
            let copy = dup(descriptor)
            guard copy >= 0, let stream = fdopendir(copy) else {
                close(copy)
                return nil
            }
            defer { closedir(stream) }
            var found: (links: [String], directories: [String], others: [String]) = ([], [], [])
            while let entry = readdir(stream)?.pointee {
                let name = withUnsafeBytes(of: entry.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
                if name == "." || name == ".." { continue }
                switch Int(entry.d_type) {
                case DT_REG: break
                case DT_LNK: found.links.append(name)
                case DT_DIR: found.directories.append(name)
                // Some file systems leave it to the caller to find out (readdir(3)).
                case DT_UNKNOWN:
                    found.links.append(name)
                    found.directories.append(name)
                default: found.others.append(name)
                }
            }
            return found
        } ?? ([], [], [])
    }

    /// The entries `cpu0`, `cpu1`, ... `cpu10` of a directory, by number.
    func numbered(_ prefix: String, in path: String) -> [(number: Int, path: String)] {
        names(in: path).compactMap { name -> (number: Int, path: String)? in
            let digits = name.dropFirst(prefix.count)
            guard name.hasPrefix(prefix), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let number = Int(digits)
            else { return nil }
            return (number, path + "/" + name)
        }.sorted { ($0.number, $0.path) < ($1.number, $1.path) }
    }

    /// The text of a symbolic link, which may lead nowhere; nil when `path` is none.
    public func link(_ path: String) -> String? {
        withFile(path, vf_path_only | O_NOFOLLOW) { descriptor in
            var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
            let count = buffer.withUnsafeMutableBufferPointer { buffer in
                buffer.withMemoryRebound(to: CChar.self) { text in
                    text.baseAddress.map { readlinkat(descriptor, "", $0, text.count) } ?? -1
                }
            }
            return count < 0 ? nil : String(decoding: buffer.prefix(count), as: UTF8.self)
        }
    }

    /// The last component of a symbolic link's text: in /sys, the name of what it stands for.
    public func linkName(_ path: String) -> String? {
        link(path).flatMap { $0.split(separator: "/").last.map(String.init) }
    }

    /// The `key: value` lines of a file of /proc.
    func fields(_ path: String, limit: Int = 1 << 20) -> [(key: String, value: String)] {
        (text(path, limit: limit) ?? "").split(separator: "\n").compactMap { line in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            return (trimmed(line[..<colon]), trimmed(line[line.index(after: colon)...]))
        }
    }

    private func trimmed(_ text: Substring) -> String {
        let end = text.lastIndex { !$0.isWhitespace }.map { text.index(after: $0) } ?? text.startIndex
        return String(text[..<end].drop(while: \.isWhitespace))
    }
}

import Glibc

extension HostRoot {
    private static let longestLine = 64 << 10

    /// Hands over a long file line by line, without the line feeds; a line of 64 KiB ends it. To keep the whole file, or
    /// all its lines, costs ten times as much as to read it.
    /// - Returns: whether the file could be read.
    func forEachLine(of path: String, _ body: (UnsafeBufferPointer<UInt8>) -> Void) -> Bool {
        withFile(path, O_RDONLY | O_NONBLOCK | O_NOCTTY) { descriptor in
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Self.longestLine) { buffer -> Bool? in
                guard let text = buffer.baseAddress else { return nil }
                var held = 0
                while held < buffer.count {
                    let count = read(descriptor, text + held, buffer.count - held)
                    if count < 0 { return nil }
                    if count == 0 { break }
                    held += count
                    guard let feed = buffer[..<held].lastIndex(of: UInt8(ascii: "\n")) else { continue }
                    UnsafeBufferPointer(rebasing: buffer[..<feed]).forEachLine(body)
                    held -= feed + 1
                    memmove(text, text + feed + 1, held)
                }
                if held > 0, held < buffer.count { body(UnsafeBufferPointer(rebasing: buffer[..<held])) }
                return true
            }
        } ?? false
    }
}

extension UnsafeBufferPointer<UInt8> {
    func forEachLine(_ body: (Self) -> Void) {
        var rest = self[...]
        while let start = UnsafeBufferPointer(rebasing: rest).baseAddress, !rest.isEmpty {
            let feed = memchr(start, Int32(UInt8(ascii: "\n")), rest.count)
            let length = feed.map { UnsafeRawPointer($0) - UnsafeRawPointer(start) }
            body(UnsafeBufferPointer(start: start, count: length ?? rest.count))
            guard let length else { return }
            rest = rest.dropFirst(length + 1)
        }
    }
}

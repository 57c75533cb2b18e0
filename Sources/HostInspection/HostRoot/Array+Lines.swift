import Glibc

extension [UInt8] {
    /// Hands over each line of a long text, without its line feed. The splitting of the standard library, which keeps
    /// all lines, takes twenty times as long.
    func forEachLine(_ body: (UnsafeBufferPointer<UInt8>) -> Void) {
        withUnsafeBufferPointer { text in
            guard var start = text.baseAddress else { return }
            let end = start + text.count
            while start < end {
                let feed = memchr(start, Int32(UInt8(ascii: "\n")), end - start)?.assumingMemoryBound(to: UInt8.self)
                body(UnsafeBufferPointer(start: start, count: (feed.map { UnsafePointer($0) } ?? end) - start))
                guard let feed else { return }
                start = UnsafePointer(feed) + 1
            }
        }
    }
}

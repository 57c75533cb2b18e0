import FoundationEssentials

/// A file of no use but its size: removing it gives a full disk room for what must not be lost.
struct SpoolReserve {
    private let path: String
    private let bytes: Int
    private(set) var isHeld: Bool

    init(path: String, bytes: Int) {
        self.path = path
        self.bytes = bytes
        isHeld = FileManager.default.contents(atPath: path)?.count == bytes
    }

    /// Takes the space, unless it is held already; on a full disk it is not, and nothing is left behind.
    mutating func hold() {
        if isHeld { return }
        // Random, so that a compressing file system takes it at its size.
        var generator = SystemRandomNumberGenerator()
        let content = (0..<bytes / 8).flatMap { _ in
            let word = generator.next()
            return (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * UInt64($0))) }
        }
        isHeld = FileManager.default.createFile(atPath: path, contents: Data(content))
        if !isHeld { release() }
    }

    mutating func release() {
        try? FileManager.default.removeItem(atPath: path)
        isHeld = false
    }
}

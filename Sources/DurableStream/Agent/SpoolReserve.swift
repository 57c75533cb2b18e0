import FoundationEssentials

/// A file of no use but its size: removing it gives a full disk room for what must not be lost.
struct SpoolReserve {
    private let path: String
    private let bytes: Int

    init(path: String, bytes: Int) {
        self.path = path
        self.bytes = bytes
    }

    var isHeld: Bool {
        let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? any BinaryInteger
        return size.map { Int($0) } == bytes
    }

    /// - Returns: false when the disk has no room for it.
    func hold() -> Bool {
        if isHeld { return true }
        // Random, so that a compressing file system takes it at its size.
        var generator = SystemRandomNumberGenerator()
        let content = (0..<bytes / 8).flatMap { _ in
            let word = generator.next()
            return (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * UInt64($0))) }
        }
        guard FileManager.default.createFile(atPath: path, contents: Data(content)), isHeld else {
            release()
            return false
        }
        return true
    }

    func release() { try? FileManager.default.removeItem(atPath: path) }
}

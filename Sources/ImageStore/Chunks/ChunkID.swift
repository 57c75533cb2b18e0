import FleetModel
import Signing

/// What a chunk is named by, wherever it lies: the SHA-512/256 of its content.
public struct ChunkID: Hashable, Comparable, Sendable, CustomStringConvertible {
    static let length = 32
    /// The 32 bytes, eight at a time.
    private let words: SIMD4<UInt64>

    /// The name of a content.
    public init(of content: UnsafeRawBufferPointer) {
        self = SHA512_256.digest(of: content).withUnsafeBytes { Self(bytes: $0) }
    }

    init(of content: ArraySlice<UInt8>) { self = content.withUnsafeBytes { Self(of: $0) } }

    /// What 32 bytes in a file say.
    init(in bytes: [UInt8], at offset: Int) {
        self = bytes.withUnsafeBytes {
            Self(bytes: UnsafeRawBufferPointer(rebasing: $0[offset..<offset + Self.length]))
        }
    }

    /// - Parameter bytes: 32 of them.
    init(bytes: UnsafeRawBufferPointer) {
        words = bytes.loadUnaligned(as: SIMD4<UInt64>.self)
    }

    /// - Parameter digits: 64 lowercase hexadecimal ones; anything else makes nil.
    init?(digits: Substring) {
        let values = digits.compactMap(\.hexDigitValue)
        guard values.count == 2 * Self.length else { return nil }
        let bytes = stride(from: 0, to: values.count, by: 2).map { UInt8(values[$0] << 4 | values[$0 + 1]) }
        self = bytes.withUnsafeBytes { Self(bytes: $0) }
        guard description == digits else { return nil }
    }

    /// 64 lowercase hexadecimal digits.
    public var description: String {
        var text: [UInt8] = []
        text.reserveCapacity(2 * Self.length)
        withUnsafeBytes(of: words) { bytes in
            for byte in bytes {
                text.append(byte.highHexadecimalDigit)
                text.append(byte.lowHexadecimalDigit)
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// An order that says nothing.
    public static func < (first: Self, second: Self) -> Bool {
        for word in 0..<4 where first.words[word] != second.words[word] {
            return first.words[word] < second.words[word]
        }
        return false
    }

    func append(to bytes: inout [UInt8]) { withUnsafeBytes(of: words) { bytes.append(contentsOf: $0) } }
}

/// The values of one tick as stored: little-endian IEEE 754 doubles, a NaN for what is missing.
enum SampleBlob {
    private static let width = MemoryLayout<UInt64>.size

    static func encode(_ values: [Double?]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(values.count * width)
        for value in values {
            let bits = (value ?? .nan).bitPattern
            for shift in stride(from: UInt64(0), to: 64, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: bits >> shift))
            }
        }
        return bytes
    }

    static func decode(_ bytes: [UInt8]) -> [Double?] {
        (0..<bytes.count / width).map { value(at: $0, in: bytes) }
    }

    static func value(at index: Int, in bytes: [UInt8]) -> Double? {
        let start = index * width
        guard start + width <= bytes.count else { return nil }
        let bits = bytes[start..<start + width].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let value = Double(bitPattern: bits)
        return value.isNaN ? nil : value
    }
}

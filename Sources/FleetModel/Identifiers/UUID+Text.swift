import FoundationEssentials

/// Foundation prints and scans UUIDs with printf(3) and scanf(3). A controller does both several times for each message;
/// these take a tenth of the time.
extension UUID {
    /// In lowercase.
    var text: String {
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for (index, byte) in bytes.enumerated() {
            if Self.isAfterHyphen(index) { text.append(UInt8(ascii: "-")) }
            text.append(byte.highHexadecimalDigit)
            text.append(byte.lowHexadecimalDigit)
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// - Parameter text: 36 characters, in either case.
    init?(text: String) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(16)
        var characters = text.utf8.makeIterator()
        while bytes.count < 16 {
            if Self.isAfterHyphen(bytes.count), characters.next() != UInt8(ascii: "-") { return nil }
            guard let high = characters.next()?.hexadecimalValue, let low = characters.next()?.hexadecimalValue else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        guard characters.next() == nil else { return nil }
        self.init(
            uuid: (
                bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7], bytes[8], bytes[9],
                bytes[10], bytes[11], bytes[12], bytes[13], bytes[14], bytes[15]
            ))
    }

    private var bytes: [UInt8] {
        let all = uuid
        return [
            all.0, all.1, all.2, all.3, all.4, all.5, all.6, all.7, all.8, all.9, all.10, all.11, all.12, all.13,
            all.14,
            all.15,
        ]
    }

    private static func isAfterHyphen(_ index: Int) -> Bool { index == 4 || index == 6 || index == 8 || index == 10 }
}

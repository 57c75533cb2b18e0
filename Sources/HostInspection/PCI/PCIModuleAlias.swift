/// `pci:v00008086d00001521sv*sd*bc02sc00i*`: the IDs of a function, or a module's pattern over them, in which any may
/// be `*` (Linux, scripts/mod/file2alias.c).
struct PCIModuleAlias: Equatable, Sendable {
    private static let fields: [[UInt8]] = ["v", "d", "sv", "sd", "bc", "sc", "i"].map { Array($0.utf8) }

    /// Vendor, device, subsystem's vendor and device, class, subclass, interface; nil is `*`.
    private let values: [UInt32?]

    init?(_ text: some Collection<UInt8>) {
        var rest = Array(text)[...]
        guard rest.starts(with: "pci:".utf8) else { return nil }
        rest = rest.dropFirst(4)
        var values: [UInt32?] = []
        for name in Self.fields {
            guard rest.starts(with: name) else { return nil }
            rest = rest.dropFirst(name.count)
            if rest.first == UInt8(ascii: "*") {
                values.append(nil)
                rest = rest.dropFirst()
                continue
            }
            // The digits are uppercase, the names of the fields lowercase.
            var value: UInt32 = 0
            var digits = 0
            while let digit = rest.first.flatMap(Self.digit), digits < 8 {
                value = value << 4 | digit
                digits += 1
                rest = rest.dropFirst()
            }
            guard digits > 0 else { return nil }
            values.append(value)
        }
        guard rest.isEmpty else { return nil }
        self.values = values
    }

    /// Vendor and device, when both are given.
    var key: UInt64? {
        guard let vendor = values[0], let device = values[1] else { return nil }
        return UInt64(vendor) << 32 | UInt64(device)
    }

    func matches(_ function: PCIModuleAlias) -> Bool {
        zip(values, function.values).allSatisfy { $0 == nil || $0 == $1 }
    }

    private static func digit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }
}

/// Where a PCI function sits now: `0000:01:00.0`. Bus numbers move when cards come and go; what must last is keyed by
/// port path and IDs.
public struct PCIAddress: TextIdentifier {
    public static let expectation = "a PCI address such as 0000:01:00.0"
    public let domain: UInt32
    public let bus: UInt8
    /// 0 to 31.
    public let device: UInt8
    /// 0 to 7.
    public let function: UInt8

    public init?(_ text: String) {
        let colons = text.split(separator: ":", omittingEmptySubsequences: false)
        guard colons.count == 3, let dot = colons[2].firstIndex(of: "."),
            let domain = Self.hexadecimal(colons[0], digits: 4...8),
            let bus = Self.hexadecimal(colons[1], digits: 2...2),
            let device = Self.hexadecimal(colons[2][..<dot], digits: 2...2), device < 32,
            let function = Self.hexadecimal(colons[2][colons[2].index(after: dot)...], digits: 1...1), function < 8
        else { return nil }
        self.domain = domain
        self.bus = UInt8(bus)
        self.device = UInt8(device)
        self.function = UInt8(function)
    }

    public var description: String { "\(slot).\(function)" }

    /// What the functions of one device share: `0000:01:00`.
    public var slot: String {
        "\(Self.text(domain, digits: 4)):\(Self.text(UInt32(bus), digits: 2)):\(Self.text(UInt32(device), digits: 2))"
    }

    public static func < (left: Self, right: Self) -> Bool {
        (left.domain, left.bus, left.device, left.function) < (right.domain, right.bus, right.device, right.function)
    }

    private static func hexadecimal(_ text: Substring, digits: ClosedRange<Int>) -> UInt32? {
        guard digits.contains(text.utf8.count), !text.hasPrefix("+") else { return nil }
        return UInt32(text, radix: 16)
    }

    private static func text(_ value: UInt32, digits: Int) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }
}

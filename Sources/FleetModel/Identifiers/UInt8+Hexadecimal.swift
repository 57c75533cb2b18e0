/// Characters of hexadecimal texts.
package extension UInt8 {
    /// The digit, in lowercase, of its upper four bits.
    var highHexadecimalDigit: UInt8 { Self.digit(self >> 4) }
    /// The digit, in lowercase, of its lower four bits.
    var lowHexadecimalDigit: UInt8 { Self.digit(self & 0xF) }

    /// What it means as a digit, in either case; nil when it is none.
    var hexadecimalValue: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}

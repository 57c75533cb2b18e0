import Drawing
import FleetModel
import FoundationEssentials

enum JSONText {
    /// Two spaces a level, members by name, empty containers in one piece.
    static func indented(_ value: some Encodable) throws -> String {
        let compact = escaped(String(decoding: try FleetJSON.encode(value), as: UTF8.self))
        var text: [UInt8] = []
        text.reserveCapacity(compact.utf8.count * 2)
        var depth = 0
        var isInString = false
        var isEscaped = false
        var isOpening = false
        func breakLine() {
            text.append(UInt8(ascii: "\n"))
            text.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * depth))
        }
        for byte in compact.utf8 {
            let isClosing = !isInString && (byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]"))
            if isClosing { depth -= 1 }
            if isOpening != isClosing { breakLine() }
            isOpening = false
            text.append(byte)
            if isInString {
                if byte == UInt8(ascii: "\""), !isEscaped { isInString = false }
                isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isInString = true
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                isOpening = true
            case UInt8(ascii: ","): breakLine()
            case UInt8(ascii: ":"): text.append(UInt8(ascii: " "))
            default: break
            }
        }
        text.append(UInt8(ascii: "\n"))
        return String(decoding: text, as: UTF8.self)
    }

    static func line(_ value: some Encodable) throws -> String {
        String(decoding: try FleetJSON.encode(value), as: UTF8.self) + "\n"
    }

    /// A JSON string that is a YAML double-quoted scalar as well: what YAML calls not printable is escaped too.
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return escaped(result) + "\""
    }

    /// What a terminal would obey is written as its number.
    private static func escaped(_ text: String) -> String {
        if text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            if scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || scalar.isLineOrDirectionMark {
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

import Drawing
import FleetModel
import FoundationEssentials

enum JSONText {
    /// Two spaces a level, members by name, empty containers in one piece.
    static func indented(_ value: some Encodable) throws -> String {
        text(try FleetJSON.value(value), margin: "\n") + "\n"
    }

    static func line(_ value: some Encodable) throws -> String {
        String(decoding: try FleetJSON.encode(value), as: UTF8.self) + "\n"
    }

    private static func text(_ value: JSONValue, margin: String) -> String {
        let deeper = margin + "  "
        switch value {
        case .null: return "null"
        case .bool(let value): return "\(value)"
        case .integer(let value): return "\(value)"
        case .number(let value): return "\(value)"
        case .string(let value): return quoted(value)
        case .array(let items):
            if items.isEmpty { return "[]" }
            return "[" + items.map { deeper + text($0, margin: deeper) }.joined(separator: ",") + margin + "]"
        case .object(let members):
            if members.isEmpty { return "{}" }
            let lines = members.sorted { $0.key < $1.key }
                .map { deeper + quoted($0.key) + ": " + text($0.value, margin: deeper) }
            return "{" + lines.joined(separator: ",") + margin + "}"
        }
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
            default:
                if scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || scalar.isLineOrDirectionMark {
                    let digits = String(scalar.value, radix: 16)
                    result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                } else {
                    result.unicodeScalars.append(scalar)
                }
            }
        }
        return result + "\""
    }
}

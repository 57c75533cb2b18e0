import FleetModel

/// Writes a JSON value as block YAML 1.2 that YAML 1.1 readers understand alike.
public enum YAMLText {
    public static func text(_ value: JSONValue) -> String { lines(value, indent: 0).map { $0 + "\n" }.joined() }

    private static func lines(_ value: JSONValue, indent: Int) -> [String] {
        let margin = String(repeating: " ", count: indent)
        switch value {
        case .object(let members) where !members.isEmpty:
            return members.sorted { $0.key < $1.key }.flatMap { key, member -> [String] in
                if let text = inline(member) { return ["\(margin)\(scalar(key)): \(text)"] }
                // A sequence stands at its key's own column.
                let deeper = if case .array = member { indent } else { indent + 2 }
                return ["\(margin)\(scalar(key)):"] + lines(member, indent: deeper)
            }
        case .array(let items) where !items.isEmpty:
            return items.flatMap { item -> [String] in
                if let text = inline(item) { return ["\(margin)- \(text)"] }
                var nested = lines(item, indent: indent + 2)
                nested[0] = "\(margin)- " + nested[0].dropFirst(indent + 2)
                return nested
            }
        default: return [margin + (inline(value) ?? "")]
        }
    }

    /// The value in one line; nil for what needs several.
    private static func inline(_ value: JSONValue) -> String? {
        switch value {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .number(let value): number(value)
        case .string(let value): scalar(value)
        case .array(let items): items.isEmpty ? "[]" : nil
        case .object(let members): members.isEmpty ? "{}" : nil
        }
    }

    /// YAML 1.1 takes `1e+20` for a text, and `1.0e+20` for a number.
    private static func number(_ value: Double) -> String {
        let text = "\(value)"
        guard let exponent = text.firstIndex(of: "e"), !text.contains(".") else { return text }
        return text[..<exponent] + ".0" + text[exponent...]
    }

    /// Plain where no reader could take it for anything but this text; else double-quoted with JSON's escapes.
    private static func scalar(_ text: String) -> String {
        let isPlain =
            text.utf8.first.map(isLetter) == true
            && text.utf8.allSatisfy { isLetter($0) || isDigit($0) || "_-./".utf8.contains($0) }
            && !reserved.contains(text.lowercased())
        return isPlain ? text : JSONText.quoted(text)
    }

    private static let reserved: Set<String> = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"]

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}

/// Writes indented XML in which every value is escaped.
public struct XMLWriter {
    public typealias Attributes = KeyValuePairs<String, String?>

    public private(set) var text = ""
    private var depth = 0

    public init() {}

    /// Writes `<name attributes>text</name>`, or `<name attributes/>` without text. Attributes that are nil are left out.
    public mutating func element(_ name: String, _ attributes: Attributes = [:], text content: String? = nil) {
        open(name, attributes)
        if let content {
            text += ">" + Self.escape(content) + "</\(name)>\n"
        } else {
            text += "/>\n"
        }
    }

    /// Writes an element with the elements that `body` writes inside, if any.
    public mutating func element(_ name: String, _ attributes: Attributes = [:], _ body: (inout XMLWriter) -> Void) {
        open(name, attributes)
        text += ">\n"
        let opened = text.utf8.count
        depth += 1
        body(&self)
        depth -= 1
        if text.utf8.count == opened {
            text.removeLast(2)
            text += "/>\n"
        } else {
            text += indentation + "</\(name)>\n"
        }
    }

    private var indentation: String { String(repeating: "  ", count: depth) }

    private mutating func open(_ name: String, _ attributes: Attributes) {
        text += indentation + "<" + name
        for case (let key, let value?) in attributes { text += " \(key)='\(Self.escape(value))'" }
    }

    /// What XML 1.0 cannot express at all (most control characters) becomes U+FFFD.
    public static func escape(_ value: String) -> String {
        var result = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "'": result += "&apos;"
            case "\"": result += "&quot;"
            case "\t", "\n", "\r": result += "&#\(scalar.value);"
            case "\u{0}"..<" ", "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

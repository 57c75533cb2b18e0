/// What a text or a box says by its colour.
public enum Tone: Equatable, Sendable {
    case plain, good, warning, bad, faint
}

/// SGR sequences (ECMA-48) around a text.
public enum Ink {
    public static func bold(_ text: String, _ usesColor: Bool) -> String { sequence("1", text, usesColor) }

    public static func styled(_ text: String, _ style: Tone, _ usesColor: Bool) -> String {
        switch style {
        case .plain: text
        case .good: sequence("32", text, usesColor)
        case .warning: sequence("33", text, usesColor)
        case .bad: sequence("31", text, usesColor)
        case .faint: sequence("2", text, usesColor)
        }
    }

    private static func sequence(_ code: String, _ text: String, _ usesColor: Bool) -> String {
        usesColor ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}

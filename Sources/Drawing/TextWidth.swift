extension String {
    /// How many columns of a terminal the text takes.
    public var terminalWidth: Int { reduce(0) { $0 + $1.terminalWidth } }

    /// The text without anything that a terminal would obey: a VM's or a guest's words must not move the cursor.
    public var withoutControls: String {
        guard unicodeScalars.contains(where: \.isControl) else { return self }
        return String(
            String.UnicodeScalarView(
                unicodeScalars.map { scalar in
                    if scalar == "\n" || scalar == "\t" { return " " }
                    return scalar.isControl ? "\u{FFFD}" : scalar
                }))
    }

    /// The text cut to a width, an ellipsis at its end when something is missing.
    public func truncated(to width: Int) -> String {
        guard terminalWidth > width else { return self }
        var result = ""
        var used = 0
        for character in self {
            used += character.terminalWidth
            if used > width - 1 { break }
            result.append(character)
        }
        return result + "…"
    }
}

extension Character {
    var terminalWidth: Int {
        // A cluster is as wide as its widest scalar; U+FE0F asks for the emoji's wide picture.
        let widest = unicodeScalars.map(\.terminalWidth).max() ?? 0
        return unicodeScalars.contains("\u{FE0F}") ? max(widest, 2) : widest
    }
}

extension Unicode.Scalar {
    /// C0, C1, DEL, and the directional overrides that let a text lie about its order.
    fileprivate var isControl: Bool { value < 0x20 || (0x7F...0x9F).contains(value) || isLineOrDirectionMark }

    fileprivate var terminalWidth: Int {
        switch properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format, .control: return 0
        default: break
        }
        if properties.isEmojiPresentation { return 2 }
        return Self.wide.contains { $0.contains(value) } ? 2 : 1
    }

    /// East Asian wide and full-width blocks (UAX #11).
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF,
        0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6,
        0x20000...0x3FFFD,
    ]
}

extension Unicode.Scalar {
    /// Line and paragraph separators, the byte order mark, and overrides of the writing direction.
    public var isLineOrDirectionMark: Bool {
        switch value {
        case 0x2028, 0x2029, 0xFEFF, 0x202A...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}

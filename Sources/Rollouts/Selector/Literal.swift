import FleetModel

/// What a selection compares with: a word with `*` for any characters, a number, an amount of bytes or of time.
struct Literal: Hashable, Sendable {
    private static let units: [String: Double] = [
        "B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "KiB": 1024, "MiB": 1_048_576, "GiB": 1_073_741_824,
        "TiB": 1_099_511_627_776, "s": 1, "m": 60, "h": 3600, "d": 86_400,
    ]

    let text: String
    private let number: Double?

    init(_ text: String) {
        self.text = text
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == "." || $0 == "-") }
        let unit = String(text.dropFirst(digits.count))
        number = Double(digits).flatMap { value in
            unit.isEmpty ? value : Self.units[unit].map { value * $0 }
        }
    }

    func compare(_ value: JSONValue, _ comparison: Selector.Comparison) -> Bool {
        switch value {
        case .integer(let value): compare(Double(value), comparison)
        case .number(let value): compare(value, comparison)
        case .bool(let value): comparison == .equal && text == (value ? "true" : "false")
        case .string(let value): compare(value, comparison)
        case .null, .array, .object: false
        }
    }

    private func compare(_ value: Double, _ comparison: Selector.Comparison) -> Bool {
        guard let number else { return comparison == .equal && text == "*" }
        return Self.holds(value, comparison, number)
    }

    /// Texts are compared as versions, for what has an order among them: names of releases and of programs.
    private func compare(_ value: String, _ comparison: Selector.Comparison) -> Bool {
        if comparison == .equal { return Self.matches(value[...], text[...]) }
        return Self.holds(Self.order(value, text), comparison, 0)
    }

    private static func holds<Value: Comparable>(
        _ left: Value, _ comparison: Selector.Comparison, _ right: Value
    ) -> Bool {
        switch comparison {
        case .equal: left == right
        case .unequal: left != right
        case .less: left < right
        case .atMost: left <= right
        case .greater: left > right
        case .atLeast: left >= right
        }
    }

    /// `9.10.0` comes after `9.9`.
    private static func order(_ left: String, _ right: String) -> Int {
        func parts(_ text: String) -> [Substring] {
            text.split { !$0.isLetter && !$0.isNumber }
        }
        let (left, right) = (parts(left), parts(right))
        for (one, other) in zip(left, right) where one != other {
            if let one = Int(one), let other = Int(other) {
                if one != other { return one < other ? -1 : 1 }
            } else {
                return one < other ? -1 : 1
            }
        }
        return left.count == right.count ? 0 : left.count < right.count ? -1 : 1
    }

    /// In time that grows with the product of both, whatever the pattern.
    private static func matches(_ text: Substring, _ pattern: Substring) -> Bool {
        let (text, pattern) = (Array(text), Array(pattern))
        var (at, next) = (0, 0)
        var star: (pattern: Int, text: Int)?
        while at < text.count {
            if next < pattern.count, pattern[next] == "*" {
                star = (next, at)
                next += 1
            } else if next < pattern.count, pattern[next] == text[at] {
                at += 1
                next += 1
            } else if let last = star {
                star = (last.pattern, last.text + 1)
                at = last.text + 1
                next = last.pattern + 1
            } else {
                return false
            }
        }
        return pattern[next...].allSatisfy { $0 == "*" }
    }
}

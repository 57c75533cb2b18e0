/// A number of hosts, or a percentage of them: `5`, `10%`.
public enum Share: TextIdentifier {
    case count(Int)
    case percent(Int)

    public static let expectation = "a number of hosts such as 5, or a percentage such as 10%"

    public init?(_ text: String) {
        let digits = text.hasSuffix("%") ? text.dropLast() : text[...]
        guard !digits.isEmpty, digits.utf8.count <= 6, digits.utf8.allSatisfy({ (48...57).contains($0) }),
            let number = Int(digits)
        else { return nil }
        if digits.endIndex == text.endIndex {
            self = .count(number)
        } else if number <= 100 {
            self = .percent(number)
        } else {
            return nil
        }
    }

    public var description: String {
        switch self {
        case .count(let number): "\(number)"
        case .percent(let number): "\(number)%"
        }
    }

    /// How many of so many hosts it is; of a percentage at least one.
    public func count(of total: Int) -> Int {
        switch self {
        case .count(let number): number
        case .percent(let number): number == 0 ? 0 : max(1, total * number / 100)
        }
    }

    /// Whether so many of so many are more than it.
    public func isExceeded(by part: Int, of total: Int) -> Bool {
        switch self {
        case .count(let number): part > number
        case .percent(let number): part * 100 > total * number
        }
    }
}

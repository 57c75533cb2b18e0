import FleetModel

/// Which hosts are meant: `labels.site = plant-1 and memory.totalBytes >= 32GiB and not vms.profile = rockwell`.
/// docs/rollouts.md describes the language.
public struct Selector: TextIdentifier {
    public static let expectation = "a selection of hosts such as: labels.site = lab and memory.totalBytes >= 16GiB"

    public let description: String
    private let condition: Condition

    indirect enum Condition: Hashable, Sendable {
        case everything
        /// Of any value at a path, which is never empty.
        case comparison([String], Comparison, Literal)
        case not(Condition)
        case all([Condition])
        case any([Condition])
    }

    enum Comparison: String, CaseIterable, Sendable {
        case equal = "="
        case unequal = "!="
        case less = "<"
        case atMost = "<="
        case greater = ">"
        case atLeast = ">="
    }

    /// - Throws: what is wrong with it, and where.
    public init(parsing text: String) throws(SelectorProblem) {
        description = text
        condition = try SelectorParser.parse(text)
    }

    public init?(_ text: String) {
        do { try self.init(parsing: text) } catch { return nil }
    }

    /// All hosts.
    public static let everything = Selector("")!

    /// The members of a host's facts that it asks for.
    public var members: Set<String> {
        var found: Set<String> = []
        condition.visit { found.insert($0[0]) }
        return found
    }

    public func matches(_ facts: HostFacts) -> Bool { condition.holds(facts) }
}

extension Selector.Condition {
    func visit(_ body: ([String]) -> Void) {
        switch self {
        case .everything: break
        case .comparison(let path, _, _): body(path)
        case .not(let condition): condition.visit(body)
        case .all(let conditions), .any(let conditions): for condition in conditions { condition.visit(body) }
        }
    }

    func holds(_ facts: HostFacts) -> Bool {
        switch self {
        case .everything: true
        case .not(let condition): !condition.holds(facts)
        case .all(let conditions): conditions.allSatisfy { $0.holds(facts) }
        case .any(let conditions): conditions.contains { $0.holds(facts) }
        case .comparison(let path, .unequal, let literal):
            !facts.values(at: path).contains { literal.compare($0, .equal) }
        case .comparison(let path, let comparison, let literal):
            facts.values(at: path).contains { literal.compare($0, comparison) }
        }
    }
}

/// Why a text selects nothing.
public struct SelectorProblem: Error, Equatable, Sendable, CustomStringConvertible {
    /// 1 for the first character.
    public let column: Int
    public let message: String
    public var description: String { "at character \(column): \(message)" }
}

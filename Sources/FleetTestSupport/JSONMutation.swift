import FleetModel
import FleetRuntime

/// Documents that no machine would tell.
public enum JSONMutation {
    /// The tree with some of its leaves changed: members gone, numbers at their limits, words that mean nothing.
    public static func mutated(_ value: JSONValue, with generator: inout SeededGenerator) -> JSONValue {
        switch value {
        case .object(let members):
            var result: [String: JSONValue] = [:]
            for (key, member) in members.sorted(by: { $0.key < $1.key }) {
                // A member that must be there ends the decoding: rarely.
                if Int.random(in: 0..<200, using: &generator) > 0 { result[key] = mutated(member, with: &generator) }
            }
            return .object(result)
        case .array(let elements):
            guard Int.random(in: 0..<12, using: &generator) > 0 else { return .array([]) }
            return .array(elements.map { mutated($0, with: &generator) })
        case .integer:
            guard Int.random(in: 0..<4, using: &generator) == 0 else { return value }
            return .integer([0, 1, .max, .max / 2, 1 << 40].randomElement(using: &generator) ?? 0)
        case .string:
            guard Int.random(in: 0..<200, using: &generator) == 0 else { return value }
            return .string(["", "\u{0}", "é.ü", "0x", "..", "6"].randomElement(using: &generator) ?? "")
        case .bool(let flag): return .bool(Bool.random(using: &generator) ? flag : !flag)
        case .number:
            guard Int.random(in: 0..<4, using: &generator) == 0 else { return value }
            return .number([-1e308, -1, 0, 1e18, 1e308].randomElement(using: &generator) ?? 0)
        case .null: return value
        }
    }
}

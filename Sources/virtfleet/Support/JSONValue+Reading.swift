import CommandLineKit
import FleetModel

/// What others have written is read as far as it is as expected: nil is all that can go wrong.
extension JSONValue {
    var integerValue: Int64? { if case .integer(let value) = self { value } else { nil } }

    var boolValue: Bool? { if case .bool(let value) = self { value } else { nil } }

    /// A size in words: `15.5 GiB`.
    var bytesCell: Cell? { integerValue.flatMap(UInt64.init(exactly:)).map { .bytes($0) } }

    /// The elements of an array; none of anything else.
    var elements: [JSONValue] { if case .array(let values) = self { values } else { [] } }

    /// The leaves, each with its path: `pools.0.name`.
    func flattened(_ path: String = "") -> [(String, Cell)] {
        func below(_ key: String, _ value: JSONValue) -> [(String, Cell)] {
            value.flattened(path.isEmpty ? key : "\(path).\(key)")
        }
        switch self {
        case .object(let members): return members.sorted { $0.key < $1.key }.flatMap { below($0.key, $0.value) }
        case .array(let items): return items.enumerated().flatMap { below("\($0.offset)", $0.element) }
        case .null: return [(path, .none)]
        case .bool(let value): return [(path, .yesNo(value))]
        case .integer(let value):
            return [(path, path.hasSuffix("Bytes") && value >= 0 ? .bytes(UInt64(value)) : Cell("\(value)"))]
        case .number(let value): return [(path, Cell("\(value)"))]
        case .string(let value): return [(path, Cell(value))]
        }
    }
}

import CommandLineKit
import FleetModel

/// A key that two profiles have not alike.
struct ProfileDifference: Encodable, Sendable {
    /// Its path: `firmware.code`.
    let key: String
    /// Absent where the profile does not have it.
    let old: JSONValue?
    let new: JSONValue?

    /// By key.
    static func between(_ old: JSONValue?, _ new: JSONValue?, at path: String = "") -> [ProfileDifference] {
        if old == new { return [] }
        guard case .object(let before)? = old, case .object(let after)? = new else {
            return [ProfileDifference(key: path, old: old, new: new)]
        }
        return Set(before.keys).union(after.keys).sorted().flatMap { key in
            between(before[key], after[key], at: path.isEmpty ? key : "\(path).\(key)")
        }
    }

    /// Text as it is, everything else as JSON.
    static func text(_ value: JSONValue?) -> String? {
        guard let value, let json = try? FleetJSON.encode(value) else { return nil }
        return value.stringValue ?? String(decoding: json, as: UTF8.self)
    }

    private static func cell(_ value: JSONValue?) -> Cell { .optional(text(value)) }

    static let presentation = Presentation<ProfileDifference>(
        columns: [
            Column("KEY") { Cell($0.key) }, Column("OLD") { cell($0.old) }, Column("NEW") { cell($0.new) },
        ],
        emptyHint: "no difference", name: \.key,
        details: { [DetailSection(nil, [("Key", Cell($0.key)), ("Old", cell($0.old)), ("New", cell($0.new))])] })
}

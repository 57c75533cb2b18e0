import FleetModel
import FoundationEssentials
import Testing

/// docs/asyncapi.json, and as much of JSON Schema as it uses.
struct AsyncAPIDocument {
    private let root: JSONValue

    init() throws {
        let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        root = try FleetJSON.decode(
            JSONValue.self, from: Data(contentsOf: repository.appending(path: "docs/asyncapi.json")))
    }

    subscript(key: String) -> JSONValue? { root[key] }

    func schema(_ name: String) throws -> JSONValue {
        try #require(root["components"]?["schemas"]?[name], "there is no schema \(name)")
    }

    /// Where a value departs from a schema, and members that the schema does not describe.
    func violations(of schema: JSONValue, by value: JSONValue, at path: String = "$") -> [String] {
        if schema == .bool(true) { return [] }
        if let reference = schema["$ref"]?.stringValue {
            let name = String(reference.dropFirst("#/components/schemas/".count))
            guard let target = try? self.schema(name) else { return ["\(path): no schema \(reference)"] }
            return violations(of: target, by: value, at: path)
        }
        if let choices = schema["oneOf"]?.elements {
            let fits = choices.contains { violations(of: $0, by: value, at: path).isEmpty }
            return fits ? [] : ["\(path): fits none of the choices"]
        }
        var found: [String] = []
        if let words = schema["enum"]?.elements, !words.contains(value) {
            found.append("\(path): not one of the listed words")
        }
        switch (schema["type"]?.stringValue, value) {
        case ("string", .string), ("boolean", .bool), ("integer", .integer), ("number", .integer), ("number", .number):
            break
        case ("array", .array(let elements)):
            let items = schema["items"] ?? .null
            for (index, element) in elements.enumerated() {
                found += violations(of: items, by: element, at: "\(path)[\(index)]")
            }
        case ("object", .object(let members)):
            for name in schema["required"]?.elements?.compactMap(\.stringValue) ?? [] where members[name] == nil {
                found.append("\(path): \(name) is missing")
            }
            for (name, member) in members.sorted(by: { $0.key < $1.key }) {
                if let property = schema["properties"]?[name] ?? schema["additionalProperties"] {
                    found += violations(of: property, by: member, at: "\(path).\(name)")
                } else {
                    found.append("\(path): \(name) is not described")
                }
            }
        case (let type, _): found.append("\(path): no \(type ?? "type")")
        }
        return found
    }
}

extension JSONValue {
    var members: [String: JSONValue]? { if case .object(let members) = self { members } else { nil } }
    var elements: [JSONValue]? { if case .array(let elements) = self { elements } else { nil } }
}

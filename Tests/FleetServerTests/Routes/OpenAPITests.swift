import FleetModel
import FoundationEssentials
import Testing

@testable import FleetServer

/// `/openapi.json` says what the API does: every route is in it, and every resource has the shape it tells.
@Suite struct OpenAPITests {
    private static let document = OpenAPIDocument.make(routes: API.routes, schemas: API.schemas)

    @Test func everyRouteIsDocumentedOnce() throws {
        let described = try Self.document.members("paths").flatMap { path, operations in
            try operations.members().keys.map { "\($0.uppercased()) \(path)" }
        }
        #expect(described.sorted() == API.routes.map { "\($0.method.rawValue) \($0.path)" }.sorted())
        #expect(Set(described).count == API.routes.count)
    }

    @Test func everyReferenceLeadsToASchema() throws {
        var references: Set<String> = []
        Self.collect(Self.document, into: &references)
        let known = Set(API.schemas.keys.map { "#/components/schemas/\($0)" })
        #expect(references.isSubset(of: known))
        #expect(known.subtracting(references).isEmpty, "schemas that nothing uses")
    }

    @Test func itIsServedAsItIs() async throws {
        let fixture = try APIFixture()
        try await withClient(.handler, of: fixture.api.handle) { client in
            let served: JSONValue = try await client.get("/openapi.json").json()
            #expect(served == Self.document)
        }
    }

    /// Each resource with everything set, and with everything absent that may be.
    @Test func resourcesHaveTheFieldsOfTheirSchemas() throws {
        for (name, full, bare) in try Samples.all() {
            let schema = try #require(API.schemas[name])
            let problems = SchemaCheck(schemas: API.schemas).check(full, against: schema, exact: true)
            #expect(problems.isEmpty, "\(name): \(problems)")
            let missing = SchemaCheck(schemas: API.schemas).check(bare, against: schema, exact: false)
            #expect(missing.isEmpty, "\(name) without what is optional: \(missing)")
        }
        let sampled = Set(try Samples.all().map(\.schema))
        #expect(sampled == Set(API.schemas.keys))
    }

    private static func collect(_ value: JSONValue, into references: inout Set<String>) {
        switch value {
        case .object(let members):
            if case .string(let reference)? = members["$ref"] { references.insert(reference) }
            for member in members.values { collect(member, into: &references) }
        case .array(let items): for item in items { collect(item, into: &references) }
        default: break
        }
    }
}

extension JSONValue {
    fileprivate func members(_ key: String? = nil) throws -> [String: JSONValue] {
        guard case .object(let members)? = key.map({ self[$0] }) ?? self else {
            throw Problem.invalid("not an object: \(key ?? "")")
        }
        return members
    }
}

/// Whether a document has the shape of a schema.
struct SchemaCheck {
    let schemas: [String: Schema]

    /// - Parameter exact: every property must be there, and no other.
    func check(_ value: JSONValue, against schema: Schema, exact: Bool, at path: String = "") -> [String] {
        switch (schema, value) {
        case (.any, _), (.boolean, .bool), (.integer, .integer), (.number, .integer), (.number, .number),
            (.nullable, .null):
            return []
        case (.string(let format), .string(let text)):
            switch format {
            case "uuid" where UUID(uuidString: text) == nil, "date-time" where FleetJSON.date(text) == nil:
                return ["\(path): '\(text)' is no \(format ?? "")"]
            default: return []
            }
        case (.word(let words), .string(let text)):
            return words.contains(text) ? [] : ["\(path): '\(text)' is not one of the words"]
        case (.nullable(let schema), _): return check(value, against: schema, exact: exact, at: path)
        case (.reference(let name), _):
            guard let schema = schemas[name] else { return ["\(path): no schema \(name)"] }
            return check(value, against: schema, exact: exact, at: path)
        case (.oneOf(let names), _):
            let problems = names.map { check(value, against: .reference($0), exact: exact, at: path) }
            return problems.count { $0.isEmpty } == 1 ? [] : problems.joined() + ["\(path) is not one of \(names)"]
        case (.array(let schema), .array(let items)):
            return items.flatMap { check($0, against: schema, exact: exact, at: path + "[]") }
        case (.map(let schema), .object(let members)):
            return members.flatMap { check($0.value, against: schema, exact: exact, at: "\(path).\($0.key)") }
        case (.object(let required, let optional), .object(let members)):
            let all = required.merging(optional) { first, _ in first }
            let wanted = Set((exact ? all : required).keys)
            return wanted.subtracting(members.keys).map { "\(path).\($0) is missing" }
                + members.flatMap { name, member in
                    all[name].map { check(member, against: $0, exact: exact, at: "\(path).\(name)") }
                        ?? ["\(path).\(name) is not in the schema"]
                }
        default: return ["\(path): \(value) is not a \(schema)"]
        }
    }
}

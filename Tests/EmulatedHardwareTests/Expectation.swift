import FleetModel

/// What a part of an inspection must hold; what is not mentioned may be anything.
enum Expectation: Codable, Equatable, Sendable {
    /// A text, number or truth value as it stands in JSON, without quotes; `absent` for a member that must not be there.
    case text(String)
    /// A list of texts, complete and in this order.
    case list([String])
    /// Members of an object, or elements of a list by what identifies them: an address, an ID, a name, a check, a
    /// purpose, or one of their devices.
    case members([String: Expectation])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {
            self = .text(text)
        } else if let texts = try? container.decode([String].self) {
            self = .list(texts)
        } else {
            self = .members(try container.decode([String: Expectation].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .text(let text): try container.encode(text)
        case .list(let texts): try container.encode(texts)
        case .members(let members): try container.encode(members)
        }
    }

    /// What is otherwise than expected, one line for each difference; none when all is as it should be.
    func differences(from value: JSONValue?, at path: [String] = []) -> [String] {
        let place = path.joined(separator: "/")
        switch self {
        case .text("absent"):
            return value == nil || value == .null ? [] : ["\(place): expected nothing, got \(value?.shortText ?? "")"]
        case .text(let expected):
            return value?.scalarText == expected
                ? [] : ["\(place): expected \(expected), got \(value?.shortText ?? "nothing")"]
        case .list(let expected):
            guard case .array(let elements)? = value, elements.map(\.scalarText) == expected else {
                return ["\(place): expected \(expected), got \(value?.shortText ?? "nothing")"]
            }
            return []
        case .members(let members):
            guard let value else { return ["\(place): expected to be there, got nothing"] }
            return members.sorted { $0.key < $1.key }.flatMap { key, expectation in
                expectation.differences(from: value.part(named: key), at: path + [key])
            }
        }
    }
}

extension JSONValue {
    fileprivate var scalarText: String? {
        switch self {
        case .bool(let value): String(value)
        case .integer(let value): String(value)
        case .number(let value): String(value)
        case .string(let value): value
        case .null, .array, .object: nil
        }
    }

    fileprivate var shortText: String {
        switch self {
        case .array(let elements): "[" + elements.map(\.shortText).joined(separator: ", ") + "]"
        case .object(let members):
            "{" + members.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value.shortText)" }.joined(separator: ", ")
                + "}"
        default: scalarText ?? "nothing"
        }
    }

    /// A member of an object, or the element of a list that has this name.
    fileprivate func part(named name: String) -> JSONValue? {
        guard case .array(let elements) = self else { return self[name] }
        return elements.first { element in
            ["address", "id", "sizeBytes", "name", "check", "purpose", "mountPoint"].contains {
                element[$0]?.scalarText == name
            }
                || element["devices"].map { $0.contains(name) } ?? false
        }
    }

    private func contains(_ text: String) -> Bool {
        if case .array(let elements) = self { elements.contains { $0.scalarText == text } } else { false }
    }
}

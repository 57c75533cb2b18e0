import FleetRuntime

/// What one load has found so far.
final class DecodingReport {
    /// The keys that a type asked a mapping for; those it never asked for are unknown.
    final class AskedKeys {
        let node: YAMLNode
        let path: [any CodingKey]
        var keys: Set<String> = []
        init(node: YAMLNode, path: [any CodingKey]) {
            self.node = node
            self.path = path
        }
    }

    private let source: String
    private var found: [ConfigurationProblem] = []
    private(set) var warnings: [ConfigurationProblem] = []
    private var mappings: [AskedKeys] = []

    init(source: String) { self.source = source }

    /// In the order of the file.
    var problems: [ConfigurationProblem] { found.inOrderOfTheFile }

    func hasProblem(with key: String) -> Bool { found.contains { $0.key == key } }

    func problem(at position: TextPosition?, key: String, _ message: String) {
        let problem = ConfigurationProblem(source: source, position: position, key: key, message: message)
        if !found.contains(problem) { found.append(problem) }
    }

    /// Records an error that a type's decoding threw, unless that has been done.
    func problem(of error: any Error, at node: YAMLNode?, path: [any CodingKey]) {
        switch error {
        case is AlreadyReported: break
        case let mismatch as NodeMismatch:
            problem(at: mismatch.position ?? node?.position, key: mismatch.path.dotted, mismatch.message)
        case DecodingError.dataCorrupted(let context), DecodingError.typeMismatch(_, let context),
            DecodingError.valueNotFound(_, let context):
            problem(at: node?.position, key: path.dotted, context.debugDescription)
        default: problem(at: node?.position, key: path.dotted, "\(error)")
        }
    }

    func track(_ asked: AskedKeys) { mappings.append(asked) }

    func warnOfUnknownKeys() {
        for mapping in mappings {
            guard case .mapping(let members) = mapping.node.content else { continue }
            for member in members where !mapping.keys.contains(member.key) {
                warnings.append(
                    ConfigurationProblem(
                        source: source, position: member.position,
                        key: (mapping.path.dotted.isEmpty ? "" : mapping.path.dotted + ".") + member.key.prefix(60),
                        message: "unknown key; " + Suggestion.text(for: member.key, among: mapping.keys)))
            }
        }
    }
}

/// The problem is in the report; the error only ends the decoding of what cannot have a value.
struct AlreadyReported: Error {}

/// A node that is not what a type asked for.
struct NodeMismatch: Error {
    var position: TextPosition?
    var path: [any CodingKey]
    var message: String
}

extension [any CodingKey] {
    /// `disks[1].size`
    var dotted: String {
        reduce(into: "") { text, key in
            if let index = key.intValue {
                text += "[\(index)]"
            } else {
                text += (text.isEmpty ? "" : ".") + key.stringValue
            }
        }
    }
}

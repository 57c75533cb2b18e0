import Configuration
import FleetModel

/// What an operator keeps as a YAML file and applies. It is read strictly: a key that this version does not know could be the
/// one that matters.
public protocol FleetDocument: ConfigurationSection {
    /// The whole of it, defaults included, as a JSON document.
    func document() throws -> [String: JSONValue]
}

/// Why a file or a document is not what it should be.
public struct InvalidDocument: Error, Equatable, CustomStringConvertible {
    /// Everything wrong with it, in its order. Those of a file have their place:
    /// `office.yaml:3:1: memroyMiB: unknown key; did you mean 'memoryMiB'?`
    public let problems: [String]
    public var description: String { problems.joined(separator: "\n") }
}

extension FleetDocument {
    /// Reads a YAML file.
    public init(file path: String) throws(InvalidDocument) {
        let loaded = ConfigurationLoader.load(Self.self, path: path)
        self = try loaded.document { $0.description }
    }

    /// Reads a JSON document; what it leaves out has its default.
    public init(document: [String: JSONValue]) throws(InvalidDocument) {
        let json: [UInt8]
        do {
            json = [UInt8](try FleetJSON.encode(document))
        } catch {
            throw InvalidDocument(problems: ["\(error)"])
        }
        // Every JSON text is a YAML text.
        let loaded = ConfigurationLoader.load(Self.self, bytes: json, name: "document")
        self = try loaded.document { $0.key.isEmpty ? $0.message : "\($0.key): \($0.message)" }
    }

    public func document() throws -> [String: JSONValue] {
        try FleetJSON.decode([String: JSONValue].self, from: FleetJSON.encode(self))
    }
}

extension Loaded where Value: FleetDocument {
    fileprivate func document(_ text: (ConfigurationProblem) -> String) throws(InvalidDocument) -> Value {
        let problems = problemsAndWarnings
        guard problems.isEmpty else { throw InvalidDocument(problems: problems.map(text)) }
        return value
    }
}

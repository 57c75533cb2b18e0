import Configuration
import FleetModel
import Placement

/// Why a file or a document is no profile.
public struct InvalidDocument: Error, Equatable, CustomStringConvertible {
    /// Everything wrong with it, in its order. Those of a file have their place:
    /// `office.yaml:3:1: memroyMiB: unknown key; did you mean 'memoryMiB'?`
    public let problems: [String]
    public var description: String { problems.joined(separator: "\n") }
}

/// A profile is read strictly: a key that this version does not know could be the one that matters.
extension Profile {
    /// Reads a YAML file.
    public init(file path: String) throws(InvalidDocument) {
        let loaded = ConfigurationLoader.load(Profile.self, path: path)
        self = try loaded.profile { $0.description }
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
        let loaded = ConfigurationLoader.load(Profile.self, bytes: json, name: "document")
        self = try loaded.profile { $0.key.isEmpty ? $0.message : "\($0.key): \($0.message)" }
    }

    /// The whole profile, defaults included, as a JSON document.
    public func document() throws -> [String: JSONValue] {
        try FleetJSON.decode([String: JSONValue].self, from: FleetJSON.encode(self))
    }
}

extension Loaded<Profile> {
    fileprivate func profile(_ text: (ConfigurationProblem) -> String) throws(InvalidDocument) -> Profile {
        let problems = problemsAndWarnings
        guard problems.isEmpty else { throw InvalidDocument(problems: problems.map(text)) }
        return value
    }
}

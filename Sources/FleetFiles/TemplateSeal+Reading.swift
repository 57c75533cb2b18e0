import Configuration
import FleetModel

/// Why a file does not describe what a template was sealed with.
public struct InvalidSeal: Error, Equatable, CustomStringConvertible {
    /// Everything wrong with it, with its place.
    public let problems: [String]
    public var description: String { problems.joined(separator: "\n") }
}

extension TemplateSeal: ConfigurationSection {
    public func validate(_ check: SectionCheck) {
        if let memoryMiB { check.range("memoryMiB", memoryMiB, 64...16 << 20) }
        if let vcpus { check.range("vcpus", vcpus, 1...4096) }
    }

    /// Reads a YAML file, strictly: a key that nobody knows could be the one that matters.
    public init(file path: String) throws(InvalidSeal) {
        let loaded = ConfigurationLoader.load(TemplateSeal.self, path: path)
        guard loaded.problemsAndWarnings.isEmpty else {
            throw InvalidSeal(problems: loaded.problemsAndWarnings.map(\.description))
        }
        self = loaded.value
    }
}

/// One thing wrong, or doubtful, in a configuration; renders as `agent.yaml:3:7: broker.port: expected ...`.
public struct ConfigurationProblem: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file, as it was named to the loader.
    public var source: String
    public var position: TextPosition?
    /// The key's path from the top, such as `broker.port` or `disks[1].size`; empty for the whole file.
    public var key: String
    public var message: String

    public var description: String {
        var parts = [position.map { "\(source):\($0.line):\($0.column)" } ?? source]
        if !key.isEmpty { parts.append(key) }
        return (parts + [message]).joined(separator: ": ")
    }
}

/// A configuration as far as it could be read: where there is a problem, the value holds the default.
public struct Loaded<Value: Sendable>: Sendable {
    public var value: Value
    /// Doubtful, not wrong: unknown keys.
    public var warnings: [ConfigurationProblem]
    /// What must be mended before the value may be used, in the order of the file.
    public var problems: [ConfigurationProblem]

    /// Problems and warnings, in the order of the file: for files in which nothing may be doubtful.
    public var problemsAndWarnings: [ConfigurationProblem] { (problems + warnings).inOrderOfTheFile }
}

extension [ConfigurationProblem] {
    var inOrderOfTheFile: Self {
        sorted { left, right in
            (left.position?.line ?? 0, left.position?.column ?? 0)
                < (right.position?.line ?? 0, right.position?.column ?? 0)
        }
    }
}

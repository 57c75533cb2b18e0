/// A mapping of a configuration file. `init()` gives every key its default, and the synthesised `Codable` does the
/// rest: a key that is absent, null or wrong takes the value that `init()` gave it.
///
/// ```swift
/// struct Broker: ConfigurationSection {
///     var host = "127.0.0.1"
///     var port: Port = 1883
///     var username: String?
///     func validate(_ check: SectionCheck) {
///         if host.isEmpty { check.problem("host", "must not be empty") }
///     }
/// }
/// ```
public protocol ConfigurationSection: Codable, Sendable {
    init()
    /// Reports what the types alone cannot say. Runs also on a section with other problems.
    func validate(_ check: SectionCheck)
}

extension ConfigurationSection {
    public func validate(_ check: SectionCheck) {}
}

/// Takes the problems that a section finds in itself.
public struct SectionCheck {
    let node: YAMLNode?
    let path: [any CodingKey]
    let report: DecodingReport

    /// Whether the section itself says something of a key, so that not its default counts.
    public func isGiven(_ key: String) -> Bool { node?.member(key).map { !$0.isNull } ?? false }

    /// - Parameter key: a key of the section (`port`) or a path below it (`tls.certificate`); a key that is absent is
    ///   reported at the section's own place. Nothing is said of a value that could not even be read.
    public func problem(_ key: String, _ message: String) {
        var nearest = node
        for step in key.split(separator: ".") {
            guard let next = nearest?.member(String(step)) else { break }
            nearest = next
        }
        let name = [path.dotted, key].filter { !$0.isEmpty }.joined(separator: ".")
        if !report.hasProblem(with: name) { report.problem(at: nearest?.position, key: name, message) }
    }

    /// Reports a value outside the range.
    public func range<Value: Comparable>(_ key: String, _ value: Value, _ range: ClosedRange<Value>) {
        if !range.contains(value) {
            problem(key, "expected \(range.lowerBound) to \(range.upperBound), got \(value)")
        }
    }
}

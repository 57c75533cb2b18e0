import FoundationEssentials
import Glibc
import Synchronization

public enum LogLevel: String, CaseIterable, Comparable, Codable, Sendable {
    case debug, info, notice, warning, error

    /// The syslog severity, which journald reads from a `<N>` prefix (sd-daemon(3)).
    var severity: Int {
        switch self {
        case .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        }
    }

    public static func < (left: LogLevel, right: LogLevel) -> Bool { left.severity > right.severity }
}

/// One line per state change, with metadata, to standard error; readable in a terminal and in journald.
public struct Logger: Sendable {
    public let label: String
    public let level: LogLevel
    private let metadata: [(key: String, value: String)]
    private let sink: @Sendable (LogLevel, String) -> Void

    public init(label: String, level: LogLevel = .info, sink: (@Sendable (LogLevel, String) -> Void)? = nil) {
        self.init(label: label, level: level, metadata: [], sink: sink ?? Self.standardError)
    }

    private init(
        label: String, level: LogLevel, metadata: [(key: String, value: String)],
        sink: @escaping @Sendable (LogLevel, String) -> Void
    ) {
        self.label = label
        self.level = level
        self.metadata = metadata
        self.sink = sink
    }

    /// A logger that adds `key=value` to each line.
    public func with(_ key: String, _ value: some CustomStringConvertible) -> Logger {
        Logger(label: label, level: level, metadata: metadata + [(key, value.description)], sink: sink)
    }

    /// A logger with another label in front of each message.
    public func labelled(_ label: String) -> Logger {
        Logger(label: label, level: level, metadata: metadata, sink: sink)
    }

    public func debug(_ message: @autoclosure () -> String) { log(.debug, message()) }
    public func info(_ message: @autoclosure () -> String) { log(.info, message()) }
    public func notice(_ message: @autoclosure () -> String) { log(.notice, message()) }
    public func warning(_ message: @autoclosure () -> String) { log(.warning, message()) }
    public func error(_ message: @autoclosure () -> String) { log(.error, message()) }

    private func log(_ level: LogLevel, _ message: @autoclosure () -> String) {
        guard level >= self.level else { return }
        var line = "\(label): \(message())"
        for (key, value) in metadata { line += " \(key)=\(value)" }
        sink(level, Self.oneLine(line))
    }

    /// What a message quotes may come from anywhere; it must not make lines, nor move a terminal's cursor.
    private static func oneLine(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": result.append(contentsOf: " | ".unicodeScalars)
            case _ where scalar.properties.generalCategory == .control: continue
            default: result.append(scalar)
            }
        }
        return String(result)
    }

    private static let underJournal = getenv("JOURNAL_STREAM") != nil

    private static func standardError(_ level: LogLevel, _ line: String) {
        let prefix =
            underJournal
            ? "<\(level.severity)>"
            : "\(Date().formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))) \(level.rawValue) "
        let bytes = Array((prefix + line + "\n").utf8)
        _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}

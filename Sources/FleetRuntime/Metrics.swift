import Synchronization

/// The process's own metrics, rendered in Prometheus' text format. Names follow its conventions: base units,
/// `_total`, `_seconds`, `_bytes`.
public final class MetricsRegistry: Sendable {
    public final class Counter: Sendable {
        fileprivate let value = Atomic<UInt64>(0)
        public func increment(by amount: UInt64 = 1) { value.wrappingAdd(amount, ordering: .relaxed) }
        public var current: UInt64 { value.load(ordering: .relaxed) }
    }

    private enum Source {
        case counter(Counter)
        case gauge(@Sendable () -> Double)
    }

    private struct Family {
        let help: String
        let kind: String
        var series: [(labels: String, source: Source)] = []
    }

    private let families = Mutex<[String: Family]>([:])

    public init() {}

    /// The counter of this name and labels, made at first use.
    public func counter(_ name: String, help: String, labels: [(String, String)] = []) -> Counter {
        let rendered = Self.render(labels)
        return families.withLock { families in
            var family = families[name] ?? Family(help: help, kind: "counter")
            for series in family.series where series.labels == rendered {
                if case .counter(let counter) = series.source { return counter }
            }
            let counter = Counter()
            family.series.append((rendered, .counter(counter)))
            families[name] = family
            return counter
        }
    }

    /// A gauge that is read when it is rendered.
    public func gauge(
        _ name: String, help: String, labels: [(String, String)] = [], read: @escaping @Sendable () -> Double
    ) {
        let rendered = Self.render(labels)
        families.withLock { families in
            var family = families[name] ?? Family(help: help, kind: "gauge")
            family.series.removeAll { $0.labels == rendered }
            family.series.append((rendered, .gauge(read)))
            families[name] = family
        }
    }

    /// The exposition text (https://prometheus.io/docs/instrumenting/exposition_formats/).
    public func text() -> String {
        let families = self.families.withLock { $0 }
        var lines: [String] = []
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            lines.append("# HELP \(name) \(Self.escape(family.help, quotes: false))")
            lines.append("# TYPE \(name) \(family.kind)")
            for series in family.series {
                switch series.source {
                case .counter(let counter): lines.append("\(name)\(series.labels) \(counter.current)")
                case .gauge(let read): lines.append("\(name)\(series.labels) \(Self.render(read()))")
                }
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func render(_ labels: [(String, String)]) -> String {
        labels.isEmpty ? "" : "{" + labels.map { "\($0)=\"\(escape($1))\"" }.joined(separator: ",") + "}"
    }

    private static func render(_ value: Double) -> String {
        if value.isNaN { "NaN" } else if value.isInfinite { value > 0 ? "+Inf" : "-Inf" } else { "\(value)" }
    }

    /// A label value as the exposition format wants it.
    public static func escape(_ value: String) -> String { escape(value, quotes: true) }

    private static func escape(_ text: String, quotes: Bool) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result.append(contentsOf: "\\\\".unicodeScalars)
            case "\"" where quotes: result.append(contentsOf: "\\\"".unicodeScalars)
            case "\n": result.append(contentsOf: "\\n".unicodeScalars)
            default: result.append(scalar)
            }
        }
        return String(result)
    }
}

/// One metric that agents publish: what documentation and Prometheus' text format say about it.
public struct MetricDescription: Hashable, Sendable {
    public enum Kind: String, Sendable {
        /// Only grows, until what it counts starts anew.
        case counter
        case gauge
    }

    /// Whose metric it is: a member of `MetricsBatch.host`, of which the agent's own are some, or of
    /// `MetricsBatch.vms`.
    public enum Scope: String, Sendable { case host, agent, vm }

    public enum Unit: String, Sendable { case bytes, seconds }

    /// The series' name without labels, by Prometheus' conventions.
    public let name: String
    public let kind: Kind
    public let scope: Scope
    /// Nil for a plain number.
    public let unit: Unit?
    /// The labels beside `host` and `vm`.
    public let labels: [String]
    /// One sentence without a full stop.
    public let help: String

    init(_ name: String, _ kind: Kind, _ scope: Scope, _ unit: Unit? = nil, labels: [String] = [], help: String) {
        self.name = name
        self.kind = kind
        self.scope = scope
        self.unit = unit
        self.labels = labels
        self.help = help
    }
}

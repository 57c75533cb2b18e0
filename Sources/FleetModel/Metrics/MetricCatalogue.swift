/// Every metric that agents publish. What a host cannot tell is missing from its batches, never 0.
public enum MetricCatalogue {
    public static let all: [MetricDescription] = host + agent + vm

    /// - Parameter key: a key of a `MetricsBatch`: a name, with or without labels.
    public static func description(ofSeries key: String) -> MetricDescription? {
        byName[String(key.prefix { $0 != "{" })]
    }

    private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
}

/// One figure of the report: the median of its runs, beside what it is compared with in the same run.
struct Measurement: Codable, Sendable {
    var name: String
    var value: Double
    var unit: String
    /// What `ratio` divides by; nil when the figure stands alone.
    var versus: String?
    /// value ÷ the comparison's value.
    var ratio: Double?
    /// In words, with its limit: "≤ 20 B".
    var goal: String?
    var met: Bool?
    /// Lowest and highest run.
    var spread: [Double]

    /// - Parameters:
    ///   - runs: one value a run.
    ///   - reference: the same runs' values of the comparison.
    init(_ name: String, _ runs: [Double], unit: String, versus: String? = nil, reference: [Double] = []) {
        self.name = name
        value = runs.median
        self.unit = unit
        self.versus = versus
        ratio = reference.isEmpty ? nil : runs.median / reference.median
        spread = [runs.min() ?? 0, runs.max() ?? 0]
    }

    /// Adds the goal and whether the figure meets it.
    func goal(_ text: String, _ holds: (Measurement) -> Bool) -> Measurement {
        var copy = self
        copy.goal = text
        copy.met = holds(self)
        return copy
    }
}

extension Measurement {
    /// What does not apply is null, so that every figure has every member.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(value, forKey: .value)
        try container.encode(unit, forKey: .unit)
        try container.encode(versus, forKey: .versus)
        try container.encode(ratio, forKey: .ratio)
        try container.encode(goal, forKey: .goal)
        try container.encode(met, forKey: .met)
        try container.encode(spread, forKey: .spread)
    }
}

extension [Double] {
    var median: Double {
        let sorted = self.sorted()
        guard !sorted.isEmpty else { return .nan }
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }

    /// The value that `fraction` of all values do not exceed (nearest rank).
    func percentile(_ fraction: Double) -> Double {
        let sorted = self.sorted()
        guard !sorted.isEmpty else { return .nan }
        return sorted[Swift.min(sorted.count - 1, Int((fraction * Double(sorted.count)).rounded(.up)) - 1)]
    }
}

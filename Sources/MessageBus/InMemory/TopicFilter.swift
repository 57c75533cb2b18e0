/// An MQTT topic filter (MQTT 5, section 4.7).
struct TopicFilter: Equatable, Sendable {
    let text: String
    private let levels: [Substring]

    /// - Returns: nil when a wildcard stands where it must not, or the text is empty.
    init?(_ text: String) {
        let levels = text.split(separator: "/", omittingEmptySubsequences: false)
        for (index, level) in levels.enumerated() {
            if level.contains("#"), level != "#" || index != levels.count - 1 { return nil }
            if level.contains("+"), level != "+" { return nil }
        }
        guard !text.isEmpty else { return nil }
        self.text = text
        self.levels = levels
    }

    func matches(_ topic: String) -> Bool {
        let names = topic.split(separator: "/", omittingEmptySubsequences: false)
        // Wildcards at the start do not match the broker's own topics.
        if topic.hasPrefix("$"), levels[0] == "#" || levels[0] == "+" { return false }
        for (index, level) in levels.enumerated() {
            if level == "#" { return true }
            guard index < names.count, level == "+" || level == names[index] else { return false }
        }
        return levels.count == names.count
    }
}

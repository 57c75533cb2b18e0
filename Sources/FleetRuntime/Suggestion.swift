/// "Did you mean ...?"
public enum Suggestion {
    /// The end of a sentence that begins with what is wrong.
    public static func text(for word: String, among known: some Collection<String>) -> String {
        if let nearest = nearest(to: word, among: known) { return "did you mean '\(nearest)'?" }
        return known.isEmpty ? "none is known here" : "known here: " + known.sorted().joined(separator: ", ")
    }

    /// The known word with the fewest edits, when they are few for the word's length.
    public static func nearest(to word: String, among known: some Collection<String>) -> String? {
        guard word.utf8.count <= 64 else { return nil }
        let scored = known.map { (word: $0, distance: distance(word.lowercased(), $0.lowercased())) }
        let best = scored.min { ($0.distance, $0.word) < ($1.distance, $1.word) }
        guard let best, best.distance <= max(1, best.word.count / 3) else { return nil }
        return best.word
    }

    /// Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment).
    private static func distance(_ left: String, _ right: String) -> Int {
        let left = Array(left)
        let right = Array(right)
        var beforePrevious: [Int] = []
        var previous = Array(0...right.count)
        for i in left.indices {
            var current = [i + 1]
            for j in right.indices {
                var best = min(
                    previous[j + 1] + 1, current[j] + 1, previous[j] + (left[i] == right[j] ? 0 : 1))
                if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
                    best = min(best, beforePrevious[j - 1] + 1)
                }
                current.append(best)
            }
            beforePrevious = previous
            previous = current
        }
        return previous[right.count]
    }
}

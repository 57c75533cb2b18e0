import FoundationEssentials

/// How much of what an author is refused is written down: a stranger who asks without end must not keep the database busy.
struct RefusalBudget {
    /// Of one author, in an hour of the clock.
    static let perHour = 100

    private var hour = 0
    private var spent: [String: Int] = [:]

    mutating func takes(_ author: Author, at time: Date) -> Bool {
        let now = Int((time.timeIntervalSince1970 / 3600).rounded(.down))
        if now != hour {
            hour = now
            spent = [:]
        }
        spent[author.name, default: 0] += 1
        return spent[author.name, default: 0] <= Self.perHour
    }
}

/// A key of a metrics batch taken apart: `name{device="sda"}`. An agent wrote it, so it is checked before it becomes a
/// line of the exposition.
struct SeriesKey {
    let name: String
    /// Without braces; empty when there are none.
    let labels: String

    init?(_ key: String) {
        guard
            let match = key.wholeMatch(
                of:
                    /([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{([a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"(?:,[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*")*)\})?/
            )
        else { return nil }
        name = String(match.1)
        labels = match.2.map(String.init) ?? ""
    }
}

/// How a command prints what it found. `Renderer` has the one `switch` over it.
public enum OutputFormat: String, CaseIterable, ArgumentValue {
    /// For people: the columns that matter, cut to the terminal's width.
    case table
    /// For people: all columns, never cut.
    case wide
    /// The API's resources, indented; one a line while following.
    case json
    /// The API's resources; one document each while following.
    case yaml
    /// All columns, with plain values (RFC 4180, lines end in LF).
    case csv
    /// One name a line, for `xargs`.
    case name
}

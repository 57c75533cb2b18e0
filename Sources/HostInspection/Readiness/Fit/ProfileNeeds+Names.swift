import FleetModel

extension [ProfileNeeds] {
    /// For a sentence, sorted.
    var names: String { map(\.name).sorted().map(\.description).joined(separator: ", ") }
}

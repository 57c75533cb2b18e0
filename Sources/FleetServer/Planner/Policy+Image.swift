import FleetFiles
import FleetModel
import FleetStore

extension Policy {
    /// What an update brings, at the moment; nil for other actions.
    /// - Throws: the `Problem` `unknown-template`.
    func image(in store: FleetStore) async throws -> ImageReference? {
        guard action == .update, let template else { return nil }
        return try await JobPlanner(store: store).image(template, version)
    }
}

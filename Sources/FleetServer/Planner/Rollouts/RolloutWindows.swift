import FleetFiles
import FleetModel
import FleetStore
import FoundationEssentials
import Recurrence

/// When hosts may begin what a rollout asks, up to its deadline, by time zone.
struct RolloutWindows: Sendable {
    /// Why a window says nothing for a host.
    struct Unknown: Error {
        let obstacle: PlacementObstacle
    }

    private let name: ResourceName
    private let window: Window
    private let begin: Date
    private let end: Date
    /// Of the zones that were asked for.
    private(set) var times: [String: [Occurrence]] = [:]

    /// - Returns: nil for an intent without a window.
    /// - Throws: a `Problem` when there is no such window.
    init?(of intent: RolloutIntent, from begin: Date, in store: FleetStore) async throws {
        guard let name = intent.window else { return nil }
        do {
            window = try Window(document: try await store.document(.window, name).document)
        } catch let error as StoreError {
            guard case .notFound = error else { throw error }
            throw Problem.unprocessable(
                "unknown-window", "there is no window '\(name)'; 'virtfleet window list' shows those there are")
        }
        self.name = name
        self.begin = begin
        end = begin + intent.deadline.duration.seconds
    }

    /// The zone by whose clocks it goes on a host.
    /// - Parameter hostZone: the host's own; nil where it has not told.
    mutating func zone(on hostZone: String?) throws(Unknown) -> String {
        guard !window.lacksTimeZone(hostZone) else {
            throw Unknown(
                obstacle: PlacementObstacle(
                    reason: "Window '\(name)' goes by its own time zone, which it has not told.",
                    fix: "Start or update its agent, or name a zone in the window."))
        }
        do {
            let calendar = try WindowCalendar(window, hostZone: hostZone)
            if times[calendar.timeZone] == nil {
                times[calendar.timeZone] = calendar.startTimes(from: begin, until: end)
            }
            return calendar.timeZone
        } catch {
            throw Unknown(
                obstacle: PlacementObstacle(
                    reason: "Window '\(name)' says nothing for it: \(error).", fix: "Name another zone in the window."))
        }
    }
}

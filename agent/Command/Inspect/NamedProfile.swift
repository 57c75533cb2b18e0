import AgentSetup
import CommandLineKit
import Configuration
import FleetModel
import HostInspection
import Placement
import FleetFiles

/// The profile that a person means by a name or a file.
struct NamedProfile {
    let needs: ProfileNeeds

    /// - Parameters:
    ///   - text: `office`, or a path with a slash or `.yaml` in it.
    ///   - configuration: the agent's, whose profile directories count; without it, or when it may not be read, the
    ///     defaults.
    init(_ text: String, configuration: String) throws {
        if DocumentFile.isMeant(by: text) {
            let profile: Profile
            do {
                profile = try Profile(file: text)
            } catch {
                throw UsageError("\(error)")
            }
            guard let name = DocumentFile.name(of: text) else {
                throw UsageError("\(text): a profile's name is \(ResourceName.expectation)")
            }
            needs = ProfileNeeds(name, profile)
            return
        }
        let directories = ConfigurationLoader.load(AgentConfiguration.self, path: configuration).value
            .profileDirectories
        let (profiles, complaints) = Profile.load(from: directories)
        guard let name = ResourceName(text), let profile = profiles[name] else {
            let known = profiles.keys.sorted().map(\.description).joined(separator: ", ")
            throw UsageError(
                (complaints + [
                    "there is no profile '\(text)' in \(directories.joined(separator: ", ")), which have "
                        + (known.isEmpty ? "none" : known) + "; name one of those, or a file such as ./\(text).yaml"
                ]).joined(separator: "\n"))
        }
        needs = ProfileNeeds(name, profile)
    }
}

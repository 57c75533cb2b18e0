import Configuration
import FleetModel
import FleetRuntime
import FoundationEssentials
import Placement

/// A profile is one YAML file, `<name>.yaml`.
extension Profile: ConfigurationSection {
    /// Loads every profile of the directories; of two with one name the earlier directory's counts.
    /// - Returns: the profiles, and everything wrong with their files. A profile with a problem is left out.
    public static func load(from directories: [String]) -> (profiles: [ResourceName: Profile], complaints: [String]) {
        var profiles: [ResourceName: Profile] = [:]
        var complaints: [String] = []
        var seen: Set<ResourceName> = []
        for directory in directories where DurableFile.exists(directory) {
            do throws(FileError) {
                for file in try DurableFile.entries(of: directory) where file.hasSuffix(".yaml") {
                    let path = "\(directory)/\(file)"
                    guard let name = ResourceName(String(file.dropLast(".yaml".count))) else {
                        complaints.append("\(path): a profile's name is \(ResourceName.expectation)")
                        continue
                    }
                    guard seen.insert(name).inserted else { continue }
                    let loaded = ConfigurationLoader.load(Profile.self, path: path)
                    complaints += (loaded.problems + loaded.warnings).map(\.description)
                    if loaded.problems.isEmpty { profiles[name] = loaded.value }
                }
            } catch {
                complaints.append(error.description)
            }
        }
        return (profiles, complaints)
    }
}

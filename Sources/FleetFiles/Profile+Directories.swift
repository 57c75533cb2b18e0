import FleetModel
import FleetRuntime
import FoundationEssentials
import Placement

extension Profile {
    /// Loads every profile of the directories; of two with one name the earlier directory's counts.
    /// - Returns: the profiles, and everything wrong with their files. A profile with a problem is left out.
    public static func load(from directories: [String]) -> (profiles: [ResourceName: Profile], complaints: [String]) {
        var profiles: [ResourceName: Profile] = [:]
        var complaints: [String] = []
        var seen: Set<ResourceName> = []
        for directory in directories where DurableFile.exists(directory) {
            do {
                for file in try DurableFile.entries(of: directory) where DocumentFile.isMeant(by: file) {
                    let path = "\(directory)/\(file)"
                    guard let name = DocumentFile.name(of: path) else {
                        complaints.append("\(path): a profile's name is \(ResourceName.expectation)")
                        continue
                    }
                    guard seen.insert(name).inserted else { continue }
                    do {
                        profiles[name] = try Profile(file: path)
                    } catch {
                        complaints += error.problems
                    }
                }
            } catch {
                complaints.append("\(error)")
            }
        }
        return (profiles, complaints)
    }
}

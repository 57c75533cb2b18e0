import FleetModel
import Placement
import FleetFiles
import Signing

extension ProfileVersion {
    /// The profile that the document describes.
    /// - Throws: when the document is another than its digest's, or this agent does not know all of it: a VM that is
    ///   built otherwise than it was meant would be worse than none.
    func profile(_ name: ResourceName) throws(JobProblem) -> Profile {
        guard (try? SHA256Hasher.digest(ofJSON: document)) == digest else {
            throw JobProblem(
                "profile-wrong-digest",
                "the document of profile \(name), version \(version), is not the one that its digest \(digest) names; "
                    + "ask for the clone again")
        }
        do throws(InvalidDocument) {
            return try Profile(document: document)
        } catch {
            throw JobProblem(
                "profile-not-understood",
                "this agent does not understand all of profile \(name), version \(version) "
                    + "(\(error.problems.joined(separator: "; "))); update the agent")
        }
    }
}

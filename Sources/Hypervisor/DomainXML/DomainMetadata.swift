import FleetRuntime
import FleetModel

/// virtfleet's element in a domain's `<metadata>`: which job made the VM, from what.
enum DomainMetadata {
    static let namespace = "https://virtfleet.dev/xmlns/vm/1"
    static let prefix = "virtfleet"

    static func write(_ origin: VMDocument.Origin, to writer: inout XMLWriter) {
        writer.element(
            "\(prefix):vm",
            [
                "xmlns:\(prefix)": namespace, "job": origin.job.description, "template": origin.template.description,
                "profile": origin.profile, "profileVersion": origin.profileVersion?.description,
            ])
    }

    /// Nil when the element is not there, or not as virtfleet writes it.
    static func read(_ metadata: XMLElement) -> VMDocument.Origin? {
        guard let element = metadata.children.first(where: { $0.name == "vm" && $0.namespace == namespace }),
            let job = element.attribute("job").flatMap(JobID.init),
            let template = element.attribute("template").flatMap(Digest.init),
            let profile = element.attribute("profile")
        else { return nil }
        return VMDocument.Origin(
            job: job, template: template, profile: profile,
            profileVersion: element.attribute("profileVersion").flatMap { Int($0) })
    }
}

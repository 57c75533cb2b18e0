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

    private static let osinfo = "http://libosinfo.org/xmlns/libvirt/domain/1.0"
    /// Of any edition: tools tell Windows by the start of it (libosinfo's identifiers).
    private static let windows = "http://microsoft.com/win/"

    /// As virt-manager writes it, which offers what suits the guest. Linux has a name for each distribution.
    static func write(_ guestOS: GuestOS, to writer: inout XMLWriter) {
        guard guestOS == .windows else { return }
        writer.element("libosinfo:libosinfo", ["xmlns:libosinfo": osinfo]) { writer in
            writer.element("libosinfo:os", ["id": windows + "11"])
        }
    }

    /// Nil when nobody has said it.
    static func guestOS(_ metadata: XMLElement) -> GuestOS? {
        let element = metadata.children.first { $0.name == "libosinfo" && $0.namespace == osinfo }
        guard let id = element?.first("os")?.attribute("id") else { return nil }
        return id.hasPrefix(windows) ? .windows : .linux
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

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
                "profile": origin.profile,
            ])
    }
}

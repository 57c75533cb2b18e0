import CommandLineKit
import FleetModel

extension TemplateResource {
    var name: String { "\(image.template):\(image.version)" }

    static let presentation = Presentation<TemplateResource>(
        columns: [
            Column("TEMPLATE", mayShrink: true) { Cell($0.image.template.description) },
            Column("VERSION") { Cell($0.image.version.description) },
            Column("SIZE", alignment: .right) { .bytes($0.image.sizeBytes) },
            Column("DISK", alignment: .right) { .bytes($0.image.virtualSizeBytes) },
            Column("IMPORTED") { .age($0.createdAt) },
            Column("FORMAT", isWide: true) { Cell($0.image.format.rawValue) },
            Column("PROFILE", isWide: true) { Cell($0.image.seal?.profile?.description ?? "") },
            Column("DIGEST", isWide: true) { Cell("sha256:\($0.image.digest)") },
        ],
        emptyHint: "no templates; 'virtfleet template import IMAGE --name NAME --version VERSION' brings one",
        name: \.name,
        details: { template in
            [
                DetailSection(
                    nil,
                    [
                        ("Template", Cell(template.name)), ("Digest", Cell("sha256:\(template.image.digest)")),
                        ("Format", Cell(template.image.format.rawValue)), ("Size", .bytes(template.image.sizeBytes)),
                        ("Disk", .bytes(template.image.virtualSizeBytes)), ("Imported", .time(template.createdAt)),
                    ] + template.sealing)
            ]
        })

    /// What the version brings beside its disk, and asks of a VM.
    private var sealing: [(String, Cell)] {
        let seal = image.seal
        func yesNo(_ value: Bool) -> String { value ? "yes" : "no" }
        let rows: [(String, String?)] = [
            ("UEFI variables", image.variables.map { "sha256:\($0.digest)" }),
            ("Guest", seal?.guestOS?.rawValue), ("Memory", seal?.memoryMiB.map { "at least \($0) MiB" }),
            ("vCPUs", seal?.vcpus.map { "at least \($0)" }), ("Secure Boot", seal?.secureBoot.map(yesNo)),
            ("TPM", seal?.tpm.map(yesNo)), ("Disk bus", seal?.diskBus?.rawValue),
            ("Profile", seal?.profile?.description),
        ]
        return rows.compactMap { name, text in text.map { (name, Cell($0)) } }
    }
}

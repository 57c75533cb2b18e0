import CommandLineKit
import FleetModel

extension ProfileResource {
    static let presentation = Presentation<ProfileResource>(
        columns: [
            Column("NAME", mayShrink: true) { Cell($0.name.description) },
            Column("VERSION", alignment: .right) { Cell("\($0.version)") },
            Column("APPLIED") { .age($0.createdAt) },
            Column("DIGEST", isWide: true) { Cell("sha256:\($0.digest)") },
        ],
        emptyHint: "no profiles; 'virtfleet profile apply FILE.yaml' brings one, hosts have theirs in files besides",
        name: \.name.description,
        details: { profile in
            [
                DetailSection(
                    nil,
                    [
                        ("Profile", Cell(profile.name.description)), ("Version", Cell("\(profile.version)")),
                        ("Digest", Cell("sha256:\(profile.digest)")), ("Applied", .time(profile.createdAt)),
                    ]),
                DetailSection("Keys", JSONValue.object(profile.document).flattened()),
            ]
        })
}

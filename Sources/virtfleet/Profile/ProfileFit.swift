import CommandLineKit
import FleetModel

enum ProfileFit {
    static let command = Command(
        "fit", "Tell which hosts can run one more VM of a profile, and why others cannot",
        discussion: """
            By what each host has told last, for the profile's newest version. Hosts that have not told enough are \
            unknown. 'virtfleet vm plan' draws one of them.
            """,
        arguments: [ProfileArgument.name.specification],
        examples: [.init("virtfleet profile fit rockwell", "Where can it run, and why not elsewhere?")]
    ) { arguments, console in
        let session = try Session(arguments, console)
        try session.show(
            try await session.client.fit(of: try arguments(ProfileArgument.name)),
            as: ProfileFitResource.presentation)
        return .success
    }
}

extension ProfileFitResource {
    fileprivate static let presentation = Presentation<ProfileFitResource>(
        columns: [
            Column("HOST") { Cell($0.hostName.description) },
            Column("STATE") { $0.hostState.cell },
            Column("SEEN") { .age($0.lastSeenAt) },
            Column("ANSWER") { $0.fit.answerCell },
            Column("WHY", mayShrink: true) { .optional($0.fit.reason) },
            Column("NEAREST FIX", mayShrink: true) { .optional($0.fit.nearestFix ?? $0.fit.passedOver.firstFix) },
        ],
        emptyHint: "no hosts are registered; 'virtfleet host add NAME' registers one", name: \.hostName.description,
        details: { _ in [] })
}

extension HostFit {
    /// Of where it runs with less than the best graphics, why not with these.
    fileprivate var reason: String? {
        obstacles.first?.reason ?? passedOver.first.map { "Not with better graphics: \($0.reason)" }
    }
}

extension [PlacementObstacle] {
    fileprivate var firstFix: String? { lazy.compactMap(\.fix).first }
}

import CommandLineKit
import FleetClient
import FleetModel
import FoundationEssentials

enum VMDiff {
    static let command = Command(
        "diff", "Show where a VM is not what it should be",
        discussion: """
            One line for each setting of its definition that is not what its profile makes of it, for each key that the \
            newest version of the profile has otherwise than the VM's, and for a newer version of its template. What the \
            host said last counts, also while it is away.

            Exit status: 0 when nothing differs, 3 when something does.
            """,
        arguments: VMSelector.arguments,
        examples: [
            .init("virtfleet vm diff office-ada", "what 'vm fix' and 'vm update' would change"),
            .init("virtfleet vm diff office-ada --output json", "the same, for a program"),
        ]
    ) { arguments, console in
        let session = try Session(arguments, console)
        let vm = try await VMSelector.find(arguments, session.client).vm
        guard let origin = vm.origin else {
            throw Failure("VM '\(vm.name)' was not made by virtfleet, which does not know what it should be")
        }
        guard let drift = vm.drift else {
            throw Failure(
                """
                what VM '\(vm.name)' should be is not known: its definition does not hold its profile, or its agent is too \
                old to say; 'virtfleet vm fix \(vm.name)' brings it up to its profile
                """)
        }
        let items =
            drift.map(VMDifference.init) + (try await newProfile(origin, vm.override, session.client))
            + (try await newTemplate(origin, session.client))
        try session.show(items, as: VMDifference.presentation)
        return items.isEmpty ? .success : .changesPending
    }

    private static func newProfile(
        _ origin: VMDocument.Origin, _ override: ProfileOverride?, _ client: FleetClient
    ) async throws -> [VMDifference] {
        guard let version = origin.profileVersion, let name = ResourceName(origin.profile) else { return [] }
        let newest = try await client.profile(name)
        guard newest.version != version else { return [] }
        let own = try await client.profile(name, version: version)
        return ProfileDifference.between(.object(own.document), .object(newest.document)).filter {
            override?.keys.contains($0.key) != true
        }.map {
            VMDifference($0, in: "profile \(name):\(newest.version)")
        }
    }

    private static func newTemplate(_ origin: VMDocument.Origin, _ client: FleetClient) async throws -> [VMDifference] {
        let templates = try await client.templates()
        guard let own = templates.first(where: { $0.image.digest == origin.template }),
            let newest = templates.filter({ $0.image.template == own.image.template })
                .max(by: { $0.createdAt < $1.createdAt }),
            newest.image.digest != own.image.digest
        else { return [] }
        return [VMDifference(template: own.image, newest: newest.image)]
    }
}

extension ProfileOverride {
    /// The profile's keys that count no more.
    fileprivate var keys: Set<String> {
        Set((memoryMiB == nil ? [] : ["memoryMiB", "maximumMemoryMiB"]) + (vcpus == nil ? [] : ["vcpus"]))
    }
}

/// What a VM is, and what it should be.
private struct VMDifference: Encodable, Sendable {
    enum Fix: String, Encodable {
        case fix = "vm fix"
        case update = "vm update"
        case clone = "new clone"
        case byHand = "by hand"
    }

    /// `definition`, `profile office:3` or `template`.
    let source: String
    let setting: String
    /// Absent when there is no such thing.
    let found: String?
    let wanted: String?
    let fix: Fix

    init(_ difference: SettingDifference) {
        source = "definition"
        setting = difference.setting
        found = difference.found
        wanted = difference.wanted
        fix = difference.isFixable ? .fix : .byHand
    }

    init(_ difference: ProfileDifference, in source: String) {
        self.source = source
        setting = difference.key
        found = ProfileDifference.text(difference.old)
        wanted = ProfileDifference.text(difference.new)
        let key = difference.key
        fix = Self.ofClonesOnly.contains { key == $0 || key.hasPrefix("\($0).") } ? .clone : .fix
    }

    /// What a VM keeps as it was made: its disks, and the firmware that its variables belong to.
    private static let ofClonesOnly = ["dataDiskGiB", "diskBus", "firmware", "freeDiskMiB", "secureBoot"]

    init(template own: ImageReference, newest: ImageReference) {
        source = "template"
        setting = own.template.description
        found = own.version.description
        wanted = newest.version.description
        fix = .update
    }

    static let presentation = Presentation<VMDifference>(
        columns: [
            Column("WHERE") { Cell($0.source) }, Column("SETTING", mayShrink: true) { Cell($0.setting) },
            Column("IS", mayShrink: true) { .optional($0.found) },
            Column("SHOULD BE", mayShrink: true) { .optional($0.wanted) },
            Column("FIX") { Cell($0.fix.rawValue, style: [.byHand, .clone].contains($0.fix) ? .warning : .plain) },
        ],
        emptyHint: "it is as it should be", name: \.setting,
        details: {
            [
                DetailSection(
                    nil,
                    [
                        ("Where", Cell($0.source)), ("Setting", Cell($0.setting)), ("Is", .optional($0.found)),
                        ("Should be", .optional($0.wanted)), ("Fix", Cell($0.fix.rawValue)),
                    ])
            ]
        })
}

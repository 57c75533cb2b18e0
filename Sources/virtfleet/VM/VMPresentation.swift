import CommandLineKit
import FleetModel
import FleetRuntime
import FoundationEssentials

extension VMResource {
    /// What a host that is away said last is history: it carries its age, and no colour of health.
    var stateCell: Cell {
        let word = vm.state.rawValue
        guard hostState == .online else {
            return Cell("\(word), \(HumanText.age(of: lastSeenAt, at: Date()))", raw: word, style: .faint)
        }
        switch vm.state {
        case .running: return Cell(word, style: .good)
        case .crashed: return Cell(word, style: .bad)
        case .paused, .blocked, .unknown, .shutdown, .pmSuspended: return Cell(word, style: .warning)
        case .noState, .shutoff: return Cell(word)
        }
    }

    private var hostCell: Cell {
        hostState == .online
            ? Cell(hostName.description)
            : Cell("\(hostName) (\(hostState.rawValue))", raw: hostName.description)
    }

    private var guestAgentCell: Cell {
        switch vm.guestAgent {
        case true: Cell("connected", raw: "true", style: hostState == .online ? .good : .faint)
        case false: Cell("silent", raw: "false", style: hostState == .online ? .warning : .faint)
        case nil: .none
        }
    }

    /// How many settings are not as they should be.
    private var driftCell: Cell {
        guard let count = vm.drift?.count else { return .none }
        return Cell("\(count)", style: count > 0 ? .warning : .plain)
    }

    private static func details(_ guest: GuestInformation) -> [(String, Cell)] {
        let addresses = guest.interfaces.map { ($0.name, Cell($0.addresses.joined(separator: ", "))) }
        let fileSystems = guest.fileSystems.map { system in
            (
                system.mountPoint,
                Cell([system.type, system.sizeBytes.map(HumanText.bytes)].compactMap { $0 }.joined(separator: ", "))
            )
        }
        return [
            ("Hostname", .optional(guest.hostname)), ("System", .optional(guest.osName)),
            ("Version", .optional(guest.osVersion)), ("Kernel", .optional(guest.kernel)),
        ] + addresses + fileSystems + [("Logged in", Cell(guest.users.joined(separator: ", ")))]
    }

    static let presentation = Presentation<VMResource>(
        columns: [
            Column("NAME", mayShrink: true) { Cell($0.vm.name) },
            Column("HOST", mayShrink: true) { $0.hostCell },
            Column("STATE") { $0.stateCell },
            Column("MEMORY", alignment: .right) { .bytes($0.vm.memoryBytes) },
            Column("VCPUS", alignment: .right) { Cell("\($0.vm.vcpus)") },
            Column("GUEST AGENT") { $0.guestAgentCell },
            Column("PROFILE", isWide: true) { .optional($0.vm.origin?.profileName) },
            Column("DRIFT", alignment: .right, isWide: true) { $0.driftCell },
            Column("SHARES", isWide: true) { item in
                item.sharedIdentities.map {
                    Cell(Set($0.map(\.kind.rawValue)).sorted().joined(separator: ","), style: .bad)
                } ?? .none
            },
            Column("SEEN", isWide: true) { .age($0.lastSeenAt) },
            Column("ID", isWide: true) { Cell($0.vm.id.description) },
        ],
        emptyHint: "no VMs; 'virtfleet vm clone TEMPLATE:VERSION NAME --host HOST' makes one", name: \.vm.name,
        details: { item in
            let vm = item.vm
            return [
                DetailSection(
                    nil,
                    [
                        ("Name", Cell(vm.name)), ("ID", Cell(vm.id.description)), ("Host", item.hostCell),
                        ("State", item.stateCell), ("Seen", .age(item.lastSeenAt)), ("Memory", .bytes(vm.memoryBytes)),
                        ("vCPUs", Cell("\(vm.vcpus)")), ("Guest agent", item.guestAgentCell),
                        ("Persistent", .yesNo(vm.persistent)), ("Autostart", .yesNo(vm.autostart)),
                    ]),
                DetailSection(
                    "Made by virtfleet",
                    vm.origin.map { origin in
                        [
                            ("Job", Cell(origin.job.description)), ("Image", Cell("sha256:\(origin.template)")),
                            ("Profile", Cell(origin.profileName)), ("Set by jobs", .optional(vm.override?.text)),
                            ("Drift", item.driftCell), ("When the host sleeps", .optional(vm.power?.onSleep.rawValue)),
                            ("When it shuts down", .optional(vm.power?.onShutdown.rawValue)),
                        ]
                    } ?? []),
                DetailSection("Guest, as its agent tells", vm.guest.map(Self.details) ?? []),
                DetailSection(
                    "Shared with other VMs, which must not be",
                    (item.sharedIdentities ?? []).map { shared in
                        (
                            shared.kind.rawValue,
                            Cell("\(shared.value): \(shared.name) on \(shared.hostName)", style: .bad)
                        )
                    }),
                .metrics(item.metrics ?? [:], at: item.metricsAt ?? item.lastSeenAt),
            ]
        })
}

extension ProfileOverride {
    /// `6144 to 8192 MiB, 4 vCPUs, USB device 064f:2af9`.
    fileprivate var text: String {
        let memory = memoryMiB.map { least in maximumMemoryMiB.map { "\(least) to \($0) MiB" } ?? "\(least) MiB" }
        let devices = (hostDevices ?? []).map(\.description) + (usbDevices ?? []).map { "USB device \($0)" }
        return ([memory, vcpus.map { "\($0) vCPUs" }].compactMap { $0 } + devices).joined(separator: ", ")
    }
}

extension VMDocument.Origin {
    /// `office:3`, or `office` where it was the host's own.
    fileprivate var profileName: String { profileVersion.map { "\(profile):\($0)" } ?? profile }
}

import CommandLineKit
import FleetModel
import FleetRuntime
import FoundationEssentials

/// A snapshot as a VM's host last told of it; those of others have a name and nothing else.
struct SnapshotItem: Codable, Equatable, Sendable {
    var name: String
    /// Absent for one that virtfleet did not make.
    var snapshot: VMSnapshot?
    /// The name of the snapshot that it goes on from.
    var parent: String?

    static func all(of vm: VMDocument) -> [SnapshotItem] {
        let own = vm.snapshots ?? []
        let names = Dictionary(own.map { ($0.id, $0.name.description) }) { first, _ in first }
        return own.map { snapshot in
            SnapshotItem(
                name: snapshot.name.description, snapshot: snapshot, parent: snapshot.parent.flatMap { names[$0] })
        } + (vm.foreignSnapshots ?? []).map { SnapshotItem(name: $0) }
    }

    private var stateCell: Cell {
        guard let snapshot else { return Cell("made by others", raw: "foreign", style: .faint) }
        if snapshot.isBeingDeleted { return Cell("half deleted", raw: "being-deleted", style: .warning) }
        if snapshot.pinned { return Cell("pinned") }
        return snapshot.isCurrent ? Cell("current", style: .good) : .none
    }

    private var consistencyCell: Cell {
        if snapshot?.memoryBytes != nil { return Cell("memory", style: .good) }
        return switch snapshot?.consistency {
        case .app: Cell("app", style: .good)
        case .off: Cell("off", style: .good)
        case .crash: Cell("crash")
        case .quiesceTimeout: Cell("quiesce-timeout", style: .warning)
        case nil: .none
        }
    }

    /// `sdb (block device /dev/sdb)`
    private var notHeldCell: Cell {
        let disks = (snapshot?.notHeld ?? []).map { "\($0.target) (\($0.backing))" }
        return disks.isEmpty ? .none : Cell(disks.joined(separator: ", "), style: .warning)
    }

    static let presentation = Presentation<SnapshotItem>(
        columns: [
            Column("NAME", mayShrink: true) { Cell($0.name) },
            Column("MADE") { .age($0.snapshot?.createdAt) },
            Column("CONSISTENCY") { $0.consistencyCell },
            Column("SIZE", alignment: .right) { $0.snapshot.map { .bytes($0.sizeBytes) } ?? .none },
            Column("GOES ON FROM", mayShrink: true) { .optional($0.parent) },
            Column("STATE") { $0.stateCell },
            Column("POLICY", isWide: true) { .optional($0.snapshot?.policy?.description) },
            Column("NOT HELD", isWide: true) { $0.notHeldCell },
            Column("ID", isWide: true) { .optional($0.snapshot?.id.description) },
        ],
        emptyHint: "no snapshots; 'virtfleet snapshot create VM NAME' makes one", name: \.name,
        details: { item in
            [
                DetailSection(
                    nil,
                    [
                        ("Name", Cell(item.name)), ("ID", .optional(item.snapshot?.id.description)),
                        ("Made", .age(item.snapshot?.createdAt)), ("Consistency", item.consistencyCell),
                        ("Size", item.snapshot.map { .bytes($0.sizeBytes) } ?? .none),
                        ("Goes on from", .optional(item.parent)), ("State", item.stateCell),
                        ("Memory", item.snapshot?.memoryBytes.map { .bytes($0) } ?? .none),
                        ("Does not hold", item.notHeldCell),
                        ("Policy", .optional(item.snapshot?.policy?.description)),
                        ("Expires", item.snapshot?.expiresAt.map { .time($0) } ?? .none),
                    ])
            ]
        })
}

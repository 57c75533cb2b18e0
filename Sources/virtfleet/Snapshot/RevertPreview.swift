import CommandLineKit
import FleetModel
import FleetRuntime
import FoundationEssentials

/// What a revert would do, as far as the VM's host last told.
struct RevertPreview: Encodable, Sendable {
    enum Afterwards: String, Encodable {
        case boots, off
        case goesOn = "goes-on"
    }

    let vm: String
    let host: String
    let snapshot: String
    let madeAt: Date
    /// What the VM has written since then; absent when its host does not tell.
    let lostBytes: UInt64?
    /// The snapshot that the VM went on from; absent when it went on from none.
    let since: String?
    let sinceAt: Date?
    let notHeld: [VMSnapshot.LeftOutDisk]
    let afterwards: Afterwards
    /// The names of the snapshots that are there afterwards: all.
    let staying: [String]

    init(_ found: SnapshotSelector.Found, _ revert: SnapshotRevertArguments) {
        let document = found.vm.vm
        let current = document.snapshots?.first(where: \.isCurrent)
        vm = document.name
        host = found.vm.hostName.description
        snapshot = found.snapshot.name.description
        madeAt = found.snapshot.createdAt
        lostBytes = document.unkeptBytes
        since = current?.name.description
        sinceAt = current?.createdAt
        notHeld = found.snapshot.notHeld ?? []
        afterwards = !revert.start ? .off : found.goesOn(revert) ? .goesOn : .boots
        staying = (document.snapshots ?? []).map(\.name.description)
    }

    private var lostCell: Cell {
        let what = lostBytes.map(HumanText.bytes) ?? "what it has written"
        guard let since, let sinceAt else { return Cell("\(what), written so far", style: .warning) }
        return Cell(
            "\(what), written since snapshot '\(since)' (\(HumanText.age(of: sinceAt, at: Date())))", style: .warning)
    }

    private var notHeldCell: Cell {
        let disks = notHeld.map { "\($0.target) (\($0.backing)), as it is" }
        return disks.isEmpty ? .none : Cell(disks.joined(separator: ", "), style: .warning)
    }

    private var afterwardsCell: Cell {
        switch afterwards {
        case .boots: Cell("it boots", raw: "boots")
        case .goesOn: Cell("the guest goes on where it was", raw: "goes-on")
        case .off: Cell("it is off", raw: "off")
        }
    }

    static let presentation = Presentation<RevertPreview>(
        columns: [
            Column("VM", mayShrink: true) { Cell($0.vm) }, Column("SNAPSHOT", mayShrink: true) { Cell($0.snapshot) },
            Column("LOST") { $0.lostCell }, Column("AFTERWARDS") { $0.afterwardsCell },
        ],
        emptyHint: "nothing to revert", name: \.snapshot,
        details: { preview in
            [
                DetailSection(
                    nil,
                    [
                        ("VM", Cell("\(preview.vm) on host \(preview.host)")), ("Snapshot", Cell(preview.snapshot)),
                        ("Made", .age(preview.madeAt)), ("Lost", preview.lostCell),
                        ("Left out", preview.notHeldCell), ("Afterwards", preview.afterwardsCell),
                        ("Snapshots that stay", Cell(preview.staying.joined(separator: ", "))),
                    ])
            ]
        })
}

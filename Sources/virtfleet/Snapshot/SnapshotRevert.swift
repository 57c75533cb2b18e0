import CommandLineKit
import FleetModel
import FleetRuntime
import FoundationEssentials

enum SnapshotRevert {
    private static let start = Argument<Bool>.flag("start", "Start the VM afterwards, even if it is off now")
    private static let noStart = Argument<Bool>.flag("no-start", "Leave the VM off, even if it runs now")

    private static let noMemory = Argument<Bool>.flag(
        "no-memory", "Boot the VM, even if the snapshot holds its memory")

    private static let dryRun = Argument<Bool>.flag(
        "dry-run", "Show what would be lost and what stays, and change nothing")

    static let command = Command(
        "revert", "Make a VM what a snapshot holds",
        discussion: """
            What the VM has become since its last snapshot is given up: make another snapshot first to keep it. All \
            snapshots stay. A VM that runs is powered off, and started again; where the snapshot holds its memory, the guest \
            goes on where it was.

            Exit status: as that of the job; with --dry-run 3, as a revert changes something.
            """,
        arguments: SnapshotSelector.arguments + [
            start.specification, noStart.specification, noMemory.specification, dryRun.specification,
            Confirmation.yes.specification,
        ] + JobSubmission.arguments
    ) { arguments, console in
        let session = try Session(arguments, console)
        let (wantsStart, wantsNone) = (try arguments(start), try arguments(noStart))
        guard !(wantsStart && wantsNone) else { throw UsageError("--start and --no-start exclude each other") }
        let found = try await SnapshotSelector.find(arguments, session.client)
        let isOn = [.running, .blocked, .paused].contains(found.vm.vm.state)
        let revert = SnapshotRevertArguments(
            vm: found.vm.vm.id, snapshot: found.snapshot.id, start: wantsStart || isOn && !wantsNone,
            memory: try arguments(noMemory) ? false : nil)
        if try arguments(dryRun) {
            try session.show(RevertPreview(found, revert), as: RevertPreview.presentation)
            return .changesPending
        }
        try Confirmation.demand(question(found, revert), arguments, console)
        return try await JobSubmission(session, arguments).run([try found.request(.snapshotRevert, revert)])
    }

    /// What will be lost is said before it is.
    private static func question(_ found: SnapshotSelector.Found, _ revert: SnapshotRevertArguments) -> String {
        let vm = found.vm.vm
        let age = HumanText.age(of: found.snapshot.createdAt, at: Date())
        let since = (vm.snapshots ?? []).first(where: \.isCurrent).map { "since snapshot '\($0.name)'" } ?? "so far"
        return """
            Revert VM '\(vm.name)' (\(vm.state.rawValue)) on host '\(found.vm.hostName)' to snapshot \
            '\(found.snapshot.name)', made \(age)? What the VM has done \(since) is lost.\(notHeld(found.snapshot))\(goesOn(found, revert))
            """
    }

    private static func goesOn(_ found: SnapshotSelector.Found, _ revert: SnapshotRevertArguments) -> String {
        guard found.snapshot.memoryBytes != nil else { return "" }
        return found.goesOn(revert)
            ? " The guest goes on where it was then." : " The memory that the snapshot holds is not used."
    }

    private static func notHeld(_ snapshot: VMSnapshot) -> String {
        (snapshot.notHeld ?? []).map {
            " Disk \($0.target) (\($0.backing)) is not part of the snapshot and stays as it is."
        }.joined()
    }
}
